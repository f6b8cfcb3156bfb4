"""`carpel import contacts` and `carpel import events`."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import click

from carpel.client import ApiError, Client, requests
from carpel.domain.fields import FieldType
from carpel.importers import Report, import_contacts, import_events
from carpel.importers.mapping import read_maps
from carpel.settings import Settings

from .output import Bar, bar, print_json, say
from .session import connect, in_workspace, on_data, with_json

_FILES = click.argument(
    "files", nargs=-1, required=True, metavar="FILE…", type=click.Path(path_type=Path)
)
_MAPS = click.option(
    "--map", "maps", multiple=True, metavar="COLUMN=FIELD",
    help="What a column becomes; FIELD - leaves it out. May be given often.",
)  # fmt: skip


@click.group("import")
def import_() -> None:
    """Take in CSV (plain, .gz, .zst), NDJSON and Parquet files."""


@import_.command("contacts")
@_FILES
@_MAPS
@click.option(
    "--list", "list_name", metavar="NAME", help="Put everyone into this list, made when missing."
)
@click.option(
    "--no-new-fields", is_flag=True, help="Refuse a file with columns that are no fields yet."
)
@in_workspace
@with_json
@on_data
def contacts(  # noqa: PLR0913  (as many as the command has options)
    *,
    files: tuple[Path, ...],
    maps: tuple[str, ...],
    list_name: str | None,
    no_new_fields: bool,
    workspace: str,
    as_json: bool,
    settings: Settings,
) -> int:
    """Contacts: one identifier column at least, every other column a field."""
    columns = _read_maps(maps)
    with connect(settings, workspace) as client:
        lists = [_ensure_list(client, list_name)] if list_name else []
        sink = _Sink(client, "/contacts")

        def one(file: Path, progress: Bar) -> Report:
            return import_contacts(
                file, sink, progress, maps=columns, lists=lists, new_fields=not no_new_fields
            )

        return _import_all(files, one, as_json=as_json)


@import_.command("events")
@_FILES
@_MAPS
@click.option(
    "--known-only", is_flag=True, help="Leave out events of contacts that are not there yet."
)
@in_workspace
@with_json
@on_data
def events(
    *,
    files: tuple[Path, ...],
    maps: tuple[str, ...],
    known_only: bool,
    workspace: str,
    as_json: bool,
    settings: Settings,
) -> int:
    """Events: columns `event` and `time` and an identifier, every other column a property."""
    columns = _read_maps(maps)
    with connect(settings, workspace) as client:

        def one(file: Path, progress: Bar) -> Report:
            # Each file is an import of its own: alike rows within it are different events.
            query: dict[str, Any] = {"import": secrets.randbits(61) + 1}
            if known_only:
                query["known_only"] = "true"
            return import_events(file, _Sink(client, "/events", query), progress, maps=columns)

        return _import_all(files, one, as_json=as_json)


class _Sink:
    """The own API, as importers see it."""

    def __init__(self, client: Client, path: str, query: dict[str, Any] | None = None) -> None:
        self._client = client
        self._path = path
        self._query = {"wait": "stored", "on_error": "skip", **(query or {})}

    def field_types(self) -> dict[str, FieldType]:
        fields = self._client.items(requests.fields())
        return {one.name.lower(): cast("FieldType", one.type) for one in fields}

    def make_field(self, name: str, field_type: FieldType) -> None:
        self._client.send(requests.create_field(name, field_type))

    def take(self, items: list[dict[str, Any]]) -> dict[str, Any]:
        answer: dict[str, Any] = self._client.post(self._path, items, **self._query)
        return answer


def _import_all(
    files: tuple[Path, ...], one: Callable[[Path, Bar], Report], *, as_json: bool
) -> int:
    """Import file after file; 1 only when there were rows and all were rejected."""
    reports = []
    for file in files:
        with bar() as progress:
            report = one(file, progress)
        reports.append(report)
        if not as_json:
            _tell(report)
    if as_json:
        print_json([asdict(report) for report in reports])
    return int(all(report.all_rejected for report in reports))


def _tell(report: Report) -> None:
    if report.new_fields:
        made = ", ".join(f"{name} ({kind})" for name, kind in report.new_fields.items())
        say(f"new fields: {made}")
    click.echo(
        f"{report.file}: {report.created:,} created, {report.updated:,} updated, "
        f"{report.unchanged:,} unchanged, {report.rejected:,} rejected"
    )
    if report.rejected_file:
        say(f"rejected rows, with line and reason: {report.rejected_file}")


def _read_maps(texts: tuple[str, ...]) -> dict[str, str]:
    try:
        return read_maps(texts)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _ensure_list(client: Client, name: str) -> str:
    """The id of the list of this name, made when it is missing."""
    for found in client.lists():
        if name in (found.name, found.id):
            return found.id
    try:
        return client.create_list(name).id
    except ApiError as error:
        raise click.UsageError(str(error)) from None
