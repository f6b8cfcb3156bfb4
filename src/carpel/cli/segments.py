"""`carpel segment …`: made, changed, looked at."""

from __future__ import annotations

from typing import Any

import click

from carpel.client import ApiError, Client
from carpel.settings import Settings

from . import members, why
from .output import print_json, print_table, say, show_problem, sparkline
from .session import connect, in_workspace, on_data, quoted, with_json


@click.group()
def segment() -> None:
    """Named rules, and who fits them now."""


segment.add_command(members.members)
segment.add_command(why.explain)
segment.add_command(why.preview)


@segment.command("create")
@click.argument("name")
@click.option("--sql", required=True, help="The rules: a condition, or a SELECT.")
@click.option("--code", help="A code of A-Z, 0-9, _ and -; made from the name when not given.")
@click.option("--tag", "tags", multiple=True, metavar="T", help="May be given often.")
@click.option("--team", "teams", multiple=True, metavar="T", help="May be given often.")
@click.option("--note", metavar="TEXT", help="What it is for, in your own words.")
@click.option("--list", "list_", metavar="LIST", help="Restrict it to a list, by name or id.")
@click.option("--analytics", is_flag=True, help="Turn analytics tracking on.")
@in_workspace
@with_json
@on_data
def create(*, name: str, workspace: str, as_json: bool, settings: Settings, **given: Any) -> int:
    """Make a segment and print its id."""
    body = {"name": name, **_body(given)}
    with connect(settings, workspace) as client:
        try:
            made = client.post("/segments", body)
        except ApiError as error:
            show_problem(error, body["sql"])
            return 1
    if as_json:
        print_json(made)
    else:
        click.echo(made["id"])
        say(f"{made['name']} ({made['code']}): {made['count']['value']:,} contacts")
    return 0


@segment.command("edit")
@click.argument("ref")
@click.option("--name")
@click.option("--sql", help="New rules.")
@click.option("--code")
@click.option("--tag", "tags", multiple=True, metavar="T", help="All tags from now on.")
@click.option("--team", "teams", multiple=True, metavar="T", help="All teams from now on.")
@click.option("--note", metavar="TEXT")
@click.option("--list", "list_", metavar="LIST", help="Restrict it to a list; '' lifts that.")
@click.option("--analytics/--no-analytics", default=None)
@in_workspace
@with_json
@on_data
def edit(*, ref: str, workspace: str, as_json: bool, settings: Settings, **given: Any) -> int:
    """Change a segment, by id, code or exact name."""
    body = _body(given)
    if not body:
        raise click.UsageError("nothing to change is given")
    with connect(settings, workspace) as client:
        try:
            changed = client.patch(f"/segments/{quoted(ref)}", body)
        except ApiError as error:
            show_problem(error, body.get("sql"))
            return 1
    if as_json:
        print_json(changed)
    else:
        say(f"{changed['name']} ({changed['code']}): {changed['count']['value']:,} contacts")
    return 0


@segment.command("list")
@click.option("--archived", is_flag=True, help="The archived ones instead.")
@in_workspace
@with_json
@on_data
def list_segments(*, archived: bool, workspace: str, as_json: bool, settings: Settings) -> None:
    """All segments with their counts, when those were taken, and how sizes went in 30 days."""
    query = {"limit": 1000, "include": "trend", "archived": str(archived).lower()}
    with connect(settings, workspace) as client:
        found = list(client.everything("/segments", **query))
    if as_json:
        print_json(found)
        return
    rows = [
        [
            one["name"],
            one["code"],
            f"{one['count']['value']:,}" + ("" if one["count"]["exact"] else " *"),
            one["count"]["at"][:19] + "Z",
            sparkline(_few(one["trend"])),
        ]
        for one in found
    ]
    print_table(["NAME", "CODE", "COUNT", "AT", "TREND"], rows)
    if any(not one["count"]["exact"] for one in found):
        say("* not exact at its time: data that came before was still on its way")


@segment.command("show")
@click.argument("ref")
@in_workspace
@with_json
@on_data
def show(*, ref: str, workspace: str, as_json: bool, settings: Settings) -> None:
    """One segment, by id, code or exact name."""
    with connect(settings, workspace) as client:
        found = client.get(f"/segments/{quoted(ref)}")
    if as_json:
        print_json(found)
        return
    count = found["count"]
    click.echo(f"{found['name']}  ({found['code']}, {found['id']})")
    click.echo(
        f"  {count['value']:,} contacts at {count['at']}"
        + ("" if count["exact"] else ", not exact now")
    )
    if (build := found.get("building")) is not None:
        click.echo(
            f"  new rules are being worked out, {build['fraction']:.0%} done, for "
            f"{build['segments']:,} segments since {build['since']}; this counts by the old ones"
        )
    click.echo(f"  {found['description']}")
    click.echo(f"  {found['sql']}")
    for name in ("note", "tags", "teams", "list"):
        value = ", ".join(found[name]) if isinstance(found[name], list) else found[name]
        if value:
            click.echo(f"  {name}: {value}")
    click.echo(
        f"  version {found['version']}, created {found['created_at']}, updated {found['updated_at']}"
    )
    if found["archived"]:
        click.echo(f"  archived {found['archived_at']}")


@segment.command("archive")
@click.argument("ref")
@in_workspace
@with_json
@on_data
def archive(*, ref: str, workspace: str, as_json: bool, settings: Settings) -> None:
    """Take a segment off the lists; `restore` brings it back."""
    with connect(settings, workspace) as client:
        _changed(client.post(f"/segments/{quoted(ref)}/archive"), "archived", as_json=as_json)


@segment.command("restore")
@click.argument("ref")
@in_workspace
@with_json
@on_data
def restore(*, ref: str, workspace: str, as_json: bool, settings: Settings) -> None:
    """Bring an archived segment back."""
    with connect(settings, workspace) as client:
        _changed(client.post(f"/segments/{quoted(ref)}/restore"), "restored", as_json=as_json)


@segment.command("delete")
@click.argument("ref")
@in_workspace
@on_data
def delete(*, ref: str, workspace: str, settings: Settings) -> None:
    """Delete a segment and its history for good."""
    with connect(settings, workspace) as client:
        found = _find(client, ref)
        client.delete(f"/segments/{found['id']}")
    say(f"{found['name']} is deleted")


def _find(client: Client, ref: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/segments/{quoted(ref)}")
    return found


def _changed(found: dict[str, Any], word: str, *, as_json: bool) -> None:
    if as_json:
        print_json(found)
    else:
        say(f"{found['name']} is {word}")


def _body(given: dict[str, Any]) -> dict[str, Any]:
    """What was given, by the API's names."""
    body = {name: value for name, value in given.items() if value not in (None, ())}
    if "list_" in body:
        body["list"] = body.pop("list_") or None
    return body


def _few(sizes: list[int], most: int = 16) -> list[int]:
    """At most so many of the sizes, evenly."""
    if len(sizes) <= most:
        return sizes
    return [sizes[place * (len(sizes) - 1) // (most - 1)] for place in range(most)]
