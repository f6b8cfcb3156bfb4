"""Leaves about contacts' own values: those that stand still, and those that time alone can change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from carpel.engine import plan as p
from carpel.storage.columns import ContactRows

from .answers import sources_of
from .bits import Bytes
from .due import Contacts
from .groups import Group, ValueLeaf, answer_of, columns_of, columns_seen
from .places import Places
from .timed import RowColumns, Timed, TimedKey, values_of
from .turning import Codebook, Turning
from .values import Unknown, holds_still, is_of_date, zones_of


class ContactSide:
    """All leaves about contacts' own values."""

    def __init__(self) -> None:
        self.groups: dict[tuple[str, ...], Group] = {}
        self.timed: dict[TimedKey, Timed] = {}
        self._where: dict[int, Group | Timed] = {}

    @staticmethod
    def check(leaf: ValueLeaf) -> None:
        """Raise Unknown for a leaf that this engine leaves to the recompute."""
        if isinstance(leaf, p.ListTest):
            return
        columns_seen(leaf)
        if zones_of(leaf):
            Turning(leaf, Codebook(sources_of(leaf)))
        elif holds_still(leaf):
            answer_of(leaf)
        elif not is_of_date(leaf):
            raise Unknown("a moving point beside what is no date")

    def add(self, slot: int, leaf: ValueLeaf) -> Group:
        """Take up a leaf that stands still; its group answers it from now on."""
        columns = columns_of(leaf)
        group = self.groups.setdefault(columns, Group(columns))
        group.add(slot, leaf)
        self._where[slot] = group
        return group

    def add_timed(
        self, key: TimedKey, leaves: Mapping[int, p.RowLeaf], column: Timed, now: int
    ) -> None:
        """Take up leaves that time alone can change, by slot."""
        column.add(leaves, now)
        self.timed[key] = column
        self._where.update(dict.fromkeys(leaves, column))

    def remove(self, slot: int) -> None:
        """Forget a leaf."""
        place = self._where.pop(slot)
        place.remove(slot)
        if isinstance(place, Group):
            if place.is_empty:
                del self.groups[place.columns]
        elif not place.slots:
            self.timed = {key: one for key, one in self.timed.items() if one is not place}

    def still_bits(self, contacts: ContactRows, new: Contacts, rows: Bytes) -> None:
        """Set or clear the slots of leaves that stand still in contacts' rows as they were before.

        Args:
            contacts: their values.
            new: the places of those that had no row.
            rows: one for each of them.
        """
        places = Places(contacts, new)
        for names, group in self.groups.items():
            some = places.of(names)
            if not len(some):
                continue
            columns = contacts.columns if len(some) == len(rows) else contacts.of(some.tolist())
            found = [values_of(columns, name, len(some)) for name in names]
            values = found[0] if len(found) == 1 else list(zip(*found, strict=True))
            group.bits(values, rows, some)
            group.trim()

    def put_timed(self, contacts: Contacts, columns: RowColumns, now: int) -> None:
        """Remember the values that leaves look at which time alone can change."""
        for column in self.timed.values():
            column.put(contacts, columns, now)

    def moving_bits(self, contacts: Contacts | slice, rows: Bytes, now: int) -> None:
        """Set or clear the slots of moving leaves."""
        slots = [slot for column in self.timed.values() for slot in column.slots]
        rows &= ~mask_of(slots, rows.shape[1])
        for column in self.timed.values():
            column.bits(contacts, rows, now)

    def forget_all_but(self, there: NDArray[np.bool_]) -> None:
        """Keep nothing of contacts that are not there, not even values that were answered once."""
        for group in self.groups.values():
            group.forget()
        for column in self.timed.values():
            column.forget_all_but(there)

    def forget(self, contacts: Contacts, now: int) -> None:
        """These contacts are gone."""
        for column in self.timed.values():
            column.put(contacts, None, now)


def mask_of(slots: Sequence[int], width: int) -> NDArray[np.uint8]:
    """A row with these slots set."""
    mask = np.zeros(width, np.uint8)
    for slot in slots:
        mask[slot >> 3] |= 1 << (slot & 7)
    return mask
