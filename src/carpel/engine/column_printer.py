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
Texts: TypeAlias = Mapping[p.Seen, Sequence[str | None]]

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

    def contacts_extent(self) -> Sql:
        """The least and the greatest number of a contact (first, last); 0 and -1 without any."""
        return Sql(f"SELECT {_EXTENT} FROM {self._names.contacts} AS c")

    def events_extent(self) -> Sql:
        """The same of events."""
        return Sql(f"SELECT {_EXTENT} FROM {self._names.events}")

    def contacts(self, seen: Sequence[p.Column], numbers: range, texts: Texts) -> Sql:
        """Of contacts with some numbers: number, and stored values (v0, …); dates as microseconds."""
        self._values, lists = [], dict[str, Sequence[str | None]]()
        shown = self._shown("c.no", seen, texts, lists)
        text = f"SELECT {shown} FROM {self._names.contacts} AS c WHERE {_among('c', numbers)}"
        return Sql(text, tuple(self._values), lists)

    def events(self, seen: Sequence[Seen], numbers: range, texts: Texts, kinds: Kinds) -> Sql:
        """Of events with some numbers: contact, time (at), stored values (v0, …), and the place of
        the type among `kinds` (kind), NULL for other types; dates as microseconds.
        """
        self._values, lists = [], dict[str, Sequence[str | None]]()
        shown = self._shown("e.contact, epoch_us(e.happened_at) AS at", seen, texts, lists)
        where = _among("e", numbers)
        if kinds.names:
            lists["kinds"] = kinds.names
            kind = "list_position(getvariable('kinds'), e.type)"
            shown += f", {kind} AS kind"
            where += "" if kinds.with_others else f" AND {kind} IS NOT NULL"
        text = f"SELECT {shown} FROM {self._names.events} AS e WHERE {where}"
        return Sql(text, tuple(self._values), lists)

    def _shown(
        self,
        first: str,
        seen: Sequence[Seen],
        texts: Texts,
        lists: dict[str, Sequence[str | None]],
    ) -> str:
        """Args: lists: gets the texts under the names by which they are called."""
        shown = [first]
        for place, one in enumerate(seen):
            text = "e.no" if one == "no" else comparable(p.Operand(one), self._seen(one))
            if one != "no" and one in texts:
                lists[f"texts{place}"] = texts[one]
                text = f"list_position(getvariable('texts{place}'), {text})"
            shown.append(f"{text} AS v{place}")
        return ", ".join(shown)


def _among(row: str, numbers: range) -> str:
    # Not by `rowid`: the store looks at that of each row, but knows the numbers of whole groups.
    return f"{row}.no >= {numbers.start} AND {row}.no < {numbers.stop}"
