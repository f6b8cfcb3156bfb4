"""Whole columns as SQL over the column store, some rows at a time: what first builds read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

from carpel.storage.columns import Names
from carpel.storage.sql import Sql

from . import plan as p
from .printer import Printer, comparable

Kinds: TypeAlias = Literal["none", "wanted", "all"]


class ColumnPrinter(Printer):
    """Prints what is read of contacts and events."""

    def __init__(self, names: Names) -> None:
        super().__init__(names, 0, {})

    def extent(self) -> Sql:
        """The first and the last place that hold a contact, and the highest number of one (no)."""
        return Sql(
            "SELECT coalesce(min(place), 0) AS first, coalesce(max(place), -1) AS last,"
            f" coalesce(max(no), -1) AS no FROM {self._names.places}",
            (),
        )

    def contacts(self, seen: Sequence[p.Column], places: range) -> Sql:
        """Of the contacts at some places: number, and stored values (v0, …); dates as microseconds."""
        self._values = []
        shown = self._shown("c.no", seen)
        where = f"c.place >= {places.start} AND c.place < {places.stop}"
        return Sql(
            f"SELECT {shown} FROM {self._names.places} AS c WHERE {where}", tuple(self._values)
        )

    def last_event(self) -> Sql:
        """The last row that holds an event; -1 without any."""
        return Sql(f"SELECT coalesce(max(rowid), -1) AS place FROM {self._names.events}", ())

    def events(
        self, seen: Sequence[p.Seen | Literal["no"]], rows: range, kinds: Kinds = "none"
    ) -> Sql:
        """Of the events in some rows: contact, time (at), and stored values (v0, …).

        Dates are microseconds. Kinds: whether to say the number of the type (kind) by the table
        `wanted` with columns `name` and `number`, and then for events of types in it alone or for
        all, with NULL for other types.
        """
        self._values = []
        shown = self._shown("e.contact, epoch_us(e.happened_at) AS at", seen)
        joined = ""
        if kinds != "none":
            shown += ", w.number AS kind"
            joined = " JOIN wanted AS w ON e.type = w.name"
            joined = f" LEFT{joined}" if kinds == "all" else joined
        where = f"e.rowid >= {rows.start} AND e.rowid < {rows.stop}"
        return Sql(
            f"SELECT {shown} FROM {self._names.events} AS e{joined} WHERE {where}",
            tuple(self._values),
        )

    def _shown(self, first: str, seen: Sequence[p.Seen | Literal["no"]]) -> str:
        values = [
            "e.no" if one == "no" else comparable(p.Operand(one), self._seen(one)) for one in seen
        ]
        return ", ".join([first, *(f"{text} AS v{place}" for place, text in enumerate(values))])
