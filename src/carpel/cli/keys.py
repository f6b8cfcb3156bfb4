"""`carpel key …`."""

from __future__ import annotations

import ipaddress

import click

from carpel.settings import Settings

from .output import print_json, print_table, say
from .session import connect, in_workspace, on_data, with_json


@click.group()
def key() -> None:
    """Who may do what, through which door."""


@key.command("create")
@click.option("--name", required=True, help="What the key is for.")
@click.option(
    "--permission",
    "-p",
    "permissions",
    multiple=True,
    required=True,
    metavar="P…",
    help="One or more: segments.list, batch, marketing.read, api.read, …, or *.",
)
@click.option(
    "--allow-ip",
    "allow_ips",
    multiple=True,
    metavar="CIDR…",
    help="Only callers from these networks.",
)
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but the key.")
@click.argument("more", nargs=-1, metavar="")
@in_workspace
@with_json
@on_data
def create_key(  # noqa: PLR0913  (as many as the command has options)
    *,
    name: str,
    permissions: tuple[str, ...],
    allow_ips: tuple[str, ...],
    quiet: bool,
    more: tuple[str, ...],
    workspace: str,
    as_json: bool,
    settings: Settings,
) -> None:
    """Make a key and print it, this once."""
    words = [word for text in (*permissions, *more) for word in text.split(",") if word]
    networks = [word for text in allow_ips for word in text.split(",") if word]
    # `--permission a b --allow-ip x y` leaves b and y over; a network looks like one.
    networks += [word for word in words if _is_network(word)]
    wanted = [word for word in words if not _is_network(word)]
    with connect(settings, workspace) as client:
        made = client.post("/keys", {"name": name, "permissions": wanted, "allow_ips": networks})
    if quiet:
        click.echo(made["key"])
    elif as_json:
        print_json(made)
    else:
        say(
            f"key {made['name']!r} ({', '.join(made['permissions'])}), id {made['id']}; it is shown this once:"
        )
        click.echo(made["key"])


@key.command("list")
@in_workspace
@with_json
@on_data
def list_keys(*, workspace: str, as_json: bool, settings: Settings) -> None:
    """All keys, without their secrets."""
    with connect(settings, workspace) as client:
        found = list(client.everything("/keys"))
    if as_json:
        print_json(found)
        return
    rows = [
        [
            one["id"],
            one["name"],
            ", ".join(one["permissions"]),
            ", ".join(one["allow_ips"]) or "any",
            "revoked" if one["revoked_at"] else "",
        ]
        for one in found
    ]
    print_table(["ID", "NAME", "PERMISSIONS", "FROM", ""], rows)


@key.command("revoke")
@click.argument("key_id", metavar="ID")
@in_workspace
@with_json
@on_data
def revoke_key(*, key_id: str, workspace: str, as_json: bool, settings: Settings) -> None:
    """Let nobody in with a key any more."""
    with connect(settings, workspace) as client:
        revoked = client.delete(f"/keys/{key_id}")
    if as_json:
        print_json(revoked)
    else:
        say(f"key {revoked['name']!r} is revoked")


def _is_network(word: str) -> bool:
    try:
        ipaddress.ip_network(word, strict=False)
    except ValueError:
        return False
    return True
