"""`carpel segment explain` and `carpel segment preview`."""

from __future__ import annotations

from typing import Any

import click

from carpel.client import ApiError
from carpel.settings import Settings

from .output import print_json, print_table, say, show_problem
from .session import connect, in_workspace, on_data, quoted, with_json


@click.command()
@click.argument("ref")
@click.argument("contact")
@in_workspace
@with_json
@on_data
def explain(*, ref: str, contact: str, workspace: str, as_json: bool, settings: Settings) -> None:
    """Why a contact is in a segment, or out: each clause with its truth and what was seen.

    REF is a segment's id, code or exact name; CONTACT an id, external_id or email.
    """
    with connect(settings, workspace) as client:
        found = client.get(f"/segments/{quoted(ref)}/members/{quoted(contact)}")
    if as_json:
        print_json(found)
        return
    click.echo(f"{contact} is {'in' if found['member'] else 'not in'} {ref}")
    _show(found["why"], 1)
    if found["next_change_at"]:
        word = "leaves" if found["member"] else "enters"
        say(f"without new data, {contact} {word} at {found['next_change_at']}")


def _show(why: dict[str, Any], depth: int) -> None:
    mark = click.style("✓", fg="green") if why["true"] else click.style("✗", fg="red")
    text = why["sql"] if why["kind"] == "clause" else f"{why['kind']} of"
    seen = ", ".join(f"{name} = {_text(value)}" for name, value in why["seen"].items())
    click.echo(f"{'  ' * depth}{mark} {text}" + (f"    [{seen}]" if seen else ""))
    for part in why["parts"]:
        _show(part, depth + 1)


def _text(value: Any) -> str:
    return "nothing" if value is None else str(value)


@click.command()
@click.option("--sql", required=True, help="The rules: a condition, or a SELECT.")
@in_workspace
@with_json
@on_data
def preview(*, sql: str, workspace: str, as_json: bool, settings: Settings) -> int:
    """What a query would give: exact count, some people, what each clause alone keeps."""
    with connect(settings, workspace) as client:
        try:
            found = client.post("/segments/preview", {"sql": sql})
        except ApiError as error:
            show_problem(error, sql)
            return 1
    if as_json:
        print_json(found)
        return 0
    click.echo(f"{found['count']['value']:,} contacts: {found['description']}")
    for clause in found["clauses"]:
        click.echo(f"  {clause['count']:>10,}  {clause['sql']}")
    if found["sample"]:
        click.echo("for example:")
        rows = [
            [one.get("external_id"), one.get("email"), one["id"]] for one in found["sample"][:10]
        ]
        print_table(["EXTERNAL ID", "EMAIL", "ID"], rows)
    return 0
