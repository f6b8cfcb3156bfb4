"""The tables of each workspace, and which column holds what."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

import duckdb

from . import recent
from .batch import EVENT_COLUMNS, TYPES, ContactRows, Kind

# Events may bring any property; beyond this many columns, new ones go into `more` as JSON.
MOST_PROPERTY_COLUMNS = 1000

_CONTACT_COLUMNS: dict[str, Kind] = {
    "id": "id",
    "external_id": "text",
    "email": "text",
    "phone_number_id": "text",
    "anonymous_id": "text",
    "email_domains": "text-list",
    "lists": "number-list",
    "created_at": "date",
    "updated_at": "date",
}


@dataclass(frozen=True)
class Names:
    """Where a workspace's facts lie, as the engine's printer needs to know."""

    contacts: str  # a table, or a SELECT in brackets
    events: str
    contact_columns: frozenset[str]
    property_columns: dict[str, dict[Kind, str]]  # path → kind → column
    overflown: bool  # whether some properties have no column and lie in `more`


class Tables:
    """Knows the tables; makes them and their columns inside the caller's transaction."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._contacts: dict[int, set[str]] = {}
        self._properties: dict[int, dict[str, dict[Kind, str]]] = {}
        self._stale: dict[int, int] = {}  # how many rows of contacts at most are not in their place
        self.reload(connection)

    def all_names(self) -> dict[int, Names]:
        """Where each workspace's facts lie."""
        return {workspace: self._names(workspace) for workspace in self._contacts}

    def _names(self, workspace: int) -> Names:
        divided = workspace in self._stale
        return Names(
            contacts=recent.contacts(place_of(workspace), divided=divided),
            events=_table(workspace, "events"),
            contact_columns=frozenset(self._contacts[workspace]),
            property_columns={
                path: dict(kinds) for path, kinds in self._properties[workspace].items()
            },
            overflown=self._column_count(workspace) >= MOST_PROPERTY_COLUMNS,
        )

    def ensure(self, connection: duckdb.DuckDBPyConnection, workspace: int) -> None:
        """Make a workspace's tables when they are missing."""
        if workspace in self._contacts:
            return
        contacts = ", ".join(f"{name} {TYPES[kind]}" for name, kind in _CONTACT_COLUMNS.items())
        events = ", ".join(f"{name} {TYPES[kind]}" for name, kind in EVENT_COLUMNS.items())
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {place_of(workspace)}")
        connection.execute(
            f"CREATE TABLE {_table(workspace, 'contacts')} (no INTEGER NOT NULL, {contacts})"
        )
        connection.execute(f"CREATE TABLE {_table(workspace, 'events')} ({events})")
        recent.ensure(connection, place_of(workspace))
        self._contacts[workspace] = {"no", *_CONTACT_COLUMNS}
        self._properties[workspace] = {}

    def ensure_contact_columns(
        self, connection: duckdb.DuckDBPyConnection, workspace: int, rows: ContactRows
    ) -> None:
        """Add columns for fields seen for the first time."""
        known = self._contacts[workspace]
        for name, (kind, _) in rows.columns.items():
            if name not in known:
                for table, how in (("contacts", ""), ("recent", recent.PLAIN)):
                    place = _table(workspace, table)
                    connection.execute(f"ALTER TABLE {place} ADD COLUMN {name} {TYPES[kind]} {how}")
                known.add(name)

    def property_column(self, workspace: int, path: str, kind: Kind) -> str | None:
        """The column of a property; None when there are too many columns for it to have one."""
        return self._properties[workspace].get(path, {}).get(kind)

    def have_room(self, workspace: int, properties: Collection[tuple[str, Kind]]) -> bool:
        """Whether each of these has a column, or will."""
        known = self._properties.get(workspace, {})
        new = sum(1 for path, kind in properties if kind not in known.get(path, {}))
        there = sum(len(columns) for columns in known.values())
        return there + new <= MOST_PROPERTY_COLUMNS

    def ensure_property_column(
        self, connection: duckdb.DuckDBPyConnection, workspace: int, path: str, kind: Kind
    ) -> None:
        """Make a property's column when it is missing, unless there are too many."""
        number = 1 + self._column_count(workspace)
        if (
            number > MOST_PROPERTY_COLUMNS
            or self.property_column(workspace, path, kind) is not None
        ):
            return
        connection.execute(
            f"ALTER TABLE {_table(workspace, 'events')} ADD COLUMN p{number} {TYPES[kind]}"
        )
        connection.execute(
            "INSERT INTO property VALUES (?, ?, ?, ?)", [workspace, path, kind, number]
        )
        self._properties[workspace].setdefault(path, {})[kind] = f"p{number}"

    @property
    def stale(self) -> Mapping[int, int]:
        """Workspaces some of whose contacts may lie in the small table, and how many at most."""
        return self._stale

    def divide(self, workspace: int, more: int) -> None:
        """From now on a workspace's contacts may lie in both tables, so many more than before."""
        self._stale[workspace] = self._stale.get(workspace, 0) + more

    def unite(self, workspace: int, left: int = 0) -> None:
        """A workspace's contacts lie in the large table again, but for so many."""
        if left:
            self._stale[workspace] = left
        else:
            self._stale.pop(workspace, None)

    def reload(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Look what there is; again after a transaction that made columns was rolled back."""
        contacts: dict[int, set[str]] = {}
        for schema, column in connection.execute(
            "SELECT table_schema, column_name FROM information_schema.columns "
            "WHERE table_name = 'contacts'"
        ).fetchall():
            contacts.setdefault(int(schema[1:]), set()).add(column)
        properties: dict[int, dict[str, dict[Kind, str]]] = {one: {} for one in contacts}
        for workspace, path, kind, number in connection.execute(
            "SELECT workspace, path, kind, column_no FROM property"
        ).fetchall():
            properties[workspace].setdefault(path, {})[kind] = f"p{number}"
        for workspace in contacts:
            recent.ensure(connection, place_of(workspace))
        counts = {one: recent.count(connection, place_of(one)) for one in contacts}
        self._stale = {workspace: count for workspace, count in counts.items() if count}
        self._properties, self._contacts = properties, contacts

    def _column_count(self, workspace: int) -> int:
        return sum(len(columns) for columns in self._properties[workspace].values())


@lru_cache(10_000)  # events bring the same few again and again
def path_text(path: tuple[str, ...]) -> str:
    """A property's path as the catalogue of columns writes it."""
    return json.dumps(list(path), ensure_ascii=False, separators=(",", ":"))


def place_of(workspace: int) -> str:
    """The schema with a workspace's tables."""
    return f"w{workspace:d}"


def _table(workspace: int, name: str) -> str:
    return f"{place_of(workspace)}.{name}"
