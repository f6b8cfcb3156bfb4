"""`carpel workspace …` and `carpel field …`."""

from __future__ import annotations

import click

from carpel.settings import Settings

from .output import print_json, print_table, say
from .session import connect, in_workspace, on_data, with_json


@click.group()
def workspace() -> None:
    """A Braze workspace, a Batch project, a SendGrid account."""


@workspace.command("create")
@click.argument("name")
@click.option(
    "--project-key", metavar="KEY", help="Batch's key of the project; made when not given."
)
@with_json
@on_data
def create_workspace(
    *, name: str, project_key: str | None, as_json: bool, settings: Settings
) -> None:
    """Make a workspace."""
    with connect(settings) as client:
        body = {"name": name} | ({"project_key": project_key} if project_key else {})
        made = client.post("/workspaces", body)
    if as_json:
        print_json(made)
    else:
        say(f"workspace {made['name']} made; its project key for Batch is {made['project_key']}")


@workspace.command("list")
@with_json
@on_data
def list_workspaces(*, as_json: bool, settings: Settings) -> None:
    """All workspaces."""
    with connect(settings) as client:
        found = list(client.everything("/workspaces"))
    if as_json:
        print_json(found)
        return
    print_table(
        ["NAME", "PROJECT KEY", "ID"],
        [[one["name"], one["project_key"], one["id"]] for one in found],
    )


@click.group()
def field() -> None:
    """What is known of contacts."""


@field.command("create")
@click.argument("name")
@click.option(
    "--type", "field_type", required=True,
    type=click.Choice(["text", "number", "date", "boolean", "text-list", "object"]),
)  # fmt: skip
@in_workspace
@with_json
@on_data
def create_field(
    *, name: str, field_type: str, workspace: str, as_json: bool, settings: Settings
) -> None:
    """Make a custom field."""
    with connect(settings, workspace) as client:
        made = client.post("/fields", {"name": name, "type": field_type})
    if as_json:
        print_json(made)
    else:
        say(f"field {made['name']} ({made['type']}) made")


@field.command("list")
@in_workspace
@with_json
@on_data
def list_fields(*, workspace: str, as_json: bool, settings: Settings) -> None:
    """All fields, reserved ones first."""
    with connect(settings, workspace) as client:
        found = list(client.everything("/fields"))
    if as_json:
        print_json(found)
        return
    print_table(
        ["NAME", "TYPE", "ROLE"], [[one["name"], one["type"], one["role"]] for one in found]
    )
