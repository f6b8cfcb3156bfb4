"""What one applied batch of the log changes in the columns, and its shape for DuckDB."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias, cast, runtime_checkable

import numpy as np

from carpel.kit.numbers import DECIMALS
from carpel.kit.turns import INTERPRETER, Urgency

Kind = Literal[
    "text", "number", "date", "boolean", "text-list", "number-list", "id", "integer", "json"
]

Columns: TypeAlias = Mapping[str, tuple[Kind, Sequence[Any]]]

EVENT_COLUMNS: dict[str, Kind] = {
    "no": "integer",
    "contact": "integer",
    "type": "text",
    "source": "text",
    "happened_at": "date",
    "event_id": "text",
    "more": "text",
}

TYPES: dict[Kind, str] = {
    "text": "VARCHAR",
    "number": "DECIMAL(38, 12)",
    "date": "TIMESTAMP",
    "boolean": "BOOLEAN",
    "text-list": "VARCHAR[]",
    "number-list": "INTEGER[]",
    "id": "UUID",
    "integer": "BIGINT",
    "json": "VARCHAR",
}


def _cast(column: str, kind: Kind) -> str:
    """The SQL that turns an Arrow column of this kind into what the table holds."""
    if kind == "date":
        return f"make_timestamp({column})"
    if kind == "id":
        return f"CAST({column} AS {TYPES[kind]})"
    return column


def insert_into(table: str, columns: Columns) -> str:
    """The SQL that puts all rows of `fresh`, which has these columns, into a table."""
    values = ", ".join(_cast(name, kind) for name, (kind, _) in columns.items())
    return f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM fresh"


@runtime_checkable
class Divisible(Protocol):
    """Columns that are made when they are asked for, of some rows too."""

    def of(self, places: Sequence[int]) -> Columns:
        """The columns of the rows at some places alone."""


@dataclass
class Differs:
    """Where rows may differ from those before them: contacts in all, and others in some columns."""

    whole: Collection[int]
    columns: Mapping[str, Sequence[int]]


@dataclass
class ContactRows:
    """Whole new rows of contacts, by column name.

    Where they come as an Arrow table, made elsewhere, the columns only say of what kind they are.
    `differs` is None where all may differ in all.
    """

    columns: Columns = field(default_factory=dict)
    table: Any = None
    differs: Differs | None = None

    def __len__(self) -> int:
        if self.table is not None:
            return int(self.table.num_rows)
        return len(self.columns["no"][1]) if self.columns else 0

    def arrow(self) -> Any:
        """As DuckDB reads them."""
        return arrow(self.columns) if self.table is None else self.table

    def of(self, places: Sequence[int]) -> Columns:
        """The columns of the rows at some places alone."""
        if isinstance(self.columns, Divisible):
            return self.columns.of(places)
        return {
            name: (kind, [values[place] for place in places])
            for name, (kind, values) in self.columns.items()
        }


@dataclass
class EventRows:
    """New events; a property is a sparse column: row place → value.

    Where they come as an Arrow table, made elsewhere, the columns and properties only say what there is.
    """

    columns: dict[str, tuple[Kind, list[Any]]] = field(default_factory=dict)
    properties: dict[tuple[str, Kind], dict[int, Any]] = field(default_factory=dict)
    table: Any = None

    @classmethod
    def made(cls, table: Any) -> EventRows:
        """Those in an Arrow table, as `arrow` makes it."""
        parts = [name.partition(" ") for name in table.column_names if name not in EVENT_COLUMNS]
        return cls(
            {
                name: (kind, [])
                for name, kind in EVENT_COLUMNS.items()
                if name in table.column_names
            },
            {(path, cast("Kind", kind)): {} for kind, _, path in parts},
            table,
        )

    def __len__(self) -> int:
        if self.table is not None:
            return int(self.table.num_rows)
        return len(self.columns["no"][1]) if self.columns else 0

    def arrow(self) -> Any:
        """As an Arrow table; see `property_name` for the names."""
        if self.table is not None:
            return self.table
        columns: dict[str, tuple[Kind, Sequence[Any]]] = dict(self.columns)
        for (path, kind), values in self.properties.items():
            columns[property_name(path, kind)] = sparse(values, len(self), kind)
        return arrow(columns)


def property_name(path: str, kind: Kind) -> str:
    """What a property's column is called in an Arrow table."""
    return f"{kind} {path}"


@dataclass
class WorkspaceBatch:
    """All that changes in one workspace."""

    workspace: int
    replaced: list[int] = field(default_factory=list)  # contacts whose old row goes
    contacts: ContactRows = field(default_factory=ContactRows)
    moved: list[tuple[int, int]] = field(default_factory=list)  # events go from → to
    erased: list[int] = field(default_factory=list)  # contacts whose events go
    events: EventRows = field(default_factory=EventRows)


def arrow(columns: Columns) -> Any:
    """The columns as an Arrow table that DuckDB can read in place."""
    import pyarrow as pa  # noqa: PLC0415  (takes a while to load; commands that only read do without)

    types: dict[Kind, Any] = {
        "text": pa.string(),
        "number": pa.string(),
        "date": pa.int64(),
        "boolean": pa.bool_(),
        "text-list": pa.list_(pa.string()),
        "number-list": pa.list_(pa.int32()),
        "id": pa.string(),
        "integer": pa.int64(),
        "json": pa.string(),
    }
    # Numbers come as text. Arrow reads it as exactly as DuckDB, in a fiftieth of the time.
    exact = pa.decimal128(38, DECIMALS)
    made = {}
    with INTERPRETER.taken(Urgency.HANDING_OVER):
        for name, (kind, values) in columns.items():
            INTERPRETER.give_way()
            column = pa.array(values, type=types[kind])
            made[name] = column.cast(exact) if kind == "number" else column
        return pa.table(made)


def sparse(values: dict[int, Any], length: int, kind: Kind) -> tuple[Kind, list[Any]]:
    """A sparse column in full."""
    column: list[Any] = [None] * length
    for place, value in values.items():
        column[place] = value
    return kind, column


def parted(table: Any, numbers: Sequence[int]) -> tuple[Any, Any]:
    """The rows of an Arrow table whose `no` is among some numbers, and the others."""
    among = np.isin(table.column("no").to_numpy(), np.asarray(numbers, np.int64))
    return (
        (table, table.slice(0, 0)) if among.all() else (table.filter(among), table.filter(~among))
    )
