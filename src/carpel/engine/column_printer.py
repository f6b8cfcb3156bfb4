"""Whole columns as SQL over the column store, some rows at a time: what first builds read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from carpel.storage.columns import Names
from carpel.storage.sql import Sql

from . import plan as p
from .printer import Printer, comparable

Seen: TypeAlias = p.Seen | Literal["no"]
# Texts among which values are looked up: their places are read (from 1 on; NULL for any other).
Texts: TypeAlias = Mapping[Seen, Sequence[str | None]]

_EXTENT = "coalesce(min(no), 0) AS first, coalesce(max(no), -1) AS last"


@dataclass(frozen=True)
class Kinds:
    """Types of events to tell apart, and whether events of other types are read too."""

    names: Sequence[str]
    with_others: bool


class ColumnPrinter(Printer):
    """Prints what is read of contacts and events."""

    def __init__(self, names: Names) -> None:
        super().__init__(names, 0, {})
        self._lists: dict[str, Sequence[str | None]] = {}

    def contacts_extent(self) -> Sql:
        """The least and the greatest number of a contact (first, last); 0 and -1 without any."""
        return Sql(f"SELECT {_EXTENT} FROM {self._names.contacts} AS c")

    def events_extent(self) -> Sql:
        """The same of events."""
        return Sql(f"SELECT {_EXTENT} FROM {self._names.events}")

    def contacts(self, seen: Sequence[p.Column], numbers: range, texts: Texts) -> Sql:
        """Of contacts with some numbers: number, and stored values (v0, …); dates as microseconds."""
        self._values, self._lists = [], {}
        shown = self._shown("c.no", seen, texts)
        text = f"SELECT {shown} FROM {self._names.contacts} AS c WHERE {_among('c', numbers)}"
        return Sql(text, tuple(self._values), self._lists)

    def events(self, seen: Sequence[Seen], numbers: range, texts: Texts, kinds: Kinds) -> Sql:
        """Of events with some numbers: contact, time (at), stored values (v0, …), and the place of
        the type among `kinds` (kind), NULL for other types; dates as microseconds.
        """
        self._values, self._lists = [], {}
        shown = self._shown("e.contact, epoch_us(e.happened_at) AS at", seen, texts)
        where = _among("e", numbers)
        if kinds.names:
            kind = self._place("kinds", kinds.names, "e.type")
            shown += f", {kind} AS kind"
            where += "" if kinds.with_others else f" AND {kind} IS NOT NULL"
        text = f"SELECT {shown} FROM {self._names.events} AS e WHERE {where}"
        return Sql(text, tuple(self._values), self._lists)

    def _shown(self, first: str, seen: Sequence[Seen], texts: Texts) -> str:
        shown = [first]
        for place, one in enumerate(seen):
            text = "e.no" if one == "no" else comparable(p.Operand(one), self._seen(one))
            if one in texts:
                text = self._place(f"texts{place}", texts[one], text)
            shown.append(f"{text} AS v{place}")
        return ", ".join(shown)

    def _place(self, name: str, texts: Sequence[str | None], text: str) -> str:
        """Where a value is among some texts, which the statement calls by a name."""
        self._lists[name] = texts
        return f"list_position(getvariable('{name}'), {text})"


def _among(row: str, numbers: range) -> str:
    # Not by `rowid`: the store looks at that of each row, but knows the numbers of whole groups.
    return f"{row}.no >= {numbers.start} AND {row}.no < {numbers.stop}"
