"""Leaves about contacts' own values: those that stand still, and dates seen from moving points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from carpel.engine import plan as p
from carpel.engine.moving import bound
from carpel.storage.columns import Kind

from .bits import Bytes
from .due import Contacts, Times, Watches
from .groups import Group, ValueLeaf, answer_of, columns_of
from .thresholds import MISSING, compare
from .values import Unknown, is_moving

RowColumns = Mapping[str, tuple[Kind, Sequence[Any]]]


class DateColumn:
    """A column of dates by contact, and the leaves that compare it with moving points."""

    def __init__(self, values: Times) -> None:
        self._values = values
        self._leaves: dict[int, tuple[p.Operator, p.Moving]] = {}
        self._watches = Watches(self)

    @property
    def is_empty(self) -> bool:
        return not self._leaves

    @property
    def slots(self) -> list[int]:
        return list(self._leaves)

    @property
    def due(self) -> int:
        """When a moving point is to be looked at next."""
        return self._watches.due

    @property
    def nbytes(self) -> int:
        return self._values.nbytes

    def add(self, slot: int, leaf: p.ValueTest, now: int) -> None:
        test = leaf.test
        if (
            leaf.operand.steps
            or not isinstance(test, p.Compare)
            or not isinstance(test.constant, p.Moving)
        ):
            raise Unknown("a step on a date")
        self._leaves[slot] = (test.operator, test.constant)
        self._watches.want([test.constant], now)

    def remove(self, slot: int) -> None:
        del self._leaves[slot]
        self._watches.keep({moving for _, moving in self._leaves.values()})

    def put(self, contacts: Contacts, dates: Sequence[int | None], now: int) -> None:
        """New values of some contacts."""
        times = np.asarray([MISSING if one is None else one for one in dates], np.int64)
        if not len(contacts):
            return
        highest = int(contacts.max())
        if highest >= len(self._values):
            more = np.full(highest + 1 + highest // 4, MISSING, np.int64)
            more[: len(self._values)] = self._values
            self._values = more
        self._values[contacts] = times
        there = times != MISSING
        self._watches.add(times[there], contacts[there], now)

    def between(self, first: int, last: int) -> tuple[Times, Contacts]:
        """All dates from first to last, with their contacts."""
        found = np.flatnonzero((self._values >= max(first, MISSING + 1)) & (self._values <= last))
        return self._values[found], found

    def bits(self, contacts: Contacts | slice, rows: Bytes, now: int) -> None:
        """Set the slots of its leaves in the contacts' rows."""
        times = self._values[contacts]
        there = times != MISSING
        for slot, (operator, moving) in self._leaves.items():
            true = there & compare(times, operator, bound(moving, now))
            rows[: len(true), slot >> 3] |= true.astype(np.uint8) << np.uint8(slot & 7)

    def advance(self, now: int) -> Contacts:
        """Whom a moving point has passed."""
        return self._watches.advance(now)


class ContactSide:
    """All leaves about contacts' own values."""

    def __init__(self) -> None:
        self.groups: dict[tuple[str, ...], Group] = {}
        self.dates: dict[str, DateColumn] = {}
        self._where: dict[int, Group | DateColumn] = {}

    @staticmethod
    def check(leaf: ValueLeaf) -> None:
        """Raise Unknown for a leaf that this engine leaves to the recompute."""
        if not is_moving(leaf):
            answer_of(leaf)
        elif isinstance(leaf, p.ValueTest) and (
            leaf.operand.steps or not isinstance(leaf.operand.seen, p.Column)
        ):
            raise Unknown("a step on a date")

    def add(self, slot: int, leaf: ValueLeaf) -> Group:
        """Take up a leaf that stands still; its group answers it from now on."""
        columns = columns_of(leaf)
        group = self.groups.setdefault(columns, Group(columns))
        group.add(slot, leaf)
        self._where[slot] = group
        return group

    def add_moving(self, slot: int, leaf: p.ValueTest, column: DateColumn, now: int) -> None:
        """Take up a leaf about a date seen from a moving point."""
        column.add(slot, leaf, now)
        self.dates[columns_of(leaf)[0]] = column
        self._where[slot] = column

    def remove(self, slot: int) -> None:
        """Forget a leaf."""
        place = self._where.pop(slot)
        place.remove(slot)
        if isinstance(place, Group) and place.is_empty:
            del self.groups[place.columns]
        elif isinstance(place, DateColumn) and place.is_empty:
            self.dates = {name: one for name, one in self.dates.items() if one is not place}

    def still_bits(self, columns: RowColumns, contacts: int, rows: Bytes) -> None:
        """Set the slots of leaves that stand still in rows of zeros, one for each contact."""
        for names, group in self.groups.items():
            found = [_values(columns, name, contacts) for name in names]
            values = found[0] if len(found) == 1 else list(zip(*found, strict=True))
            rows[:contacts] |= group.bits(values, rows.shape[1])
            group.trim()

    def put_dates(self, contacts: Contacts, columns: RowColumns, now: int) -> None:
        """Remember the dates that moving points are compared with."""
        for name, column in self.dates.items():
            column.put(contacts, _values(columns, name, len(contacts)), now)

    def moving_bits(self, contacts: Contacts | slice, rows: Bytes, now: int) -> None:
        """Set the slots of moving leaves in rows where they are zero."""
        for column in self.dates.values():
            column.bits(contacts, rows, now)

    def forget(self, contacts: Contacts, now: int) -> None:
        """These contacts are gone."""
        for column in self.dates.values():
            column.put(contacts, [None] * len(contacts), now)

    @property
    def moving_slots(self) -> list[int]:
        return [slot for column in self.dates.values() for slot in column.slots]


def _values(columns: RowColumns, name: str, contacts: int) -> Sequence[Any]:
    found = columns.get(name)
    return found[1] if found is not None else [None] * contacts


def mask_of(slots: Sequence[int], width: int) -> NDArray[np.uint8]:
    """A row with these slots set."""
    mask = np.zeros(width, np.uint8)
    for slot in slots:
        mask[slot >> 3] |= 1 << (slot & 7)
    return mask
