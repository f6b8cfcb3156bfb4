"""Events of one kind, by contact: what windows and aggregates are made from.

Three sorted tiers: new events go into a small one, which is merged into a larger one when it has
grown, and that into the largest. So adding stays cheap, and looking up takes three searches.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .bits import Bytes
from .due import Contacts, Times, nobody
from .marks import marked, values_of
from .numbers import Scaled, joined
from .sorting import together
from .streams import ColumnKey
from .within import Span, within

_SMALL = 4096
_MIDDLE = 131_072
_MOST_GONE = 1024
_SHARE = 8  # the middle tier may be this part of the largest

PLACE = 0xFFFF_FFFF
_ALWAYS_THERE = ("turn", "order")

Column: TypeAlias = Scaled | NDArray[np.int64]


@dataclass
class Tier:
    """Events sorted by contact. A column's value at a place where `there` is False means nothing.

    Flags are no columns but bits of `marks`; the number of an event is always there, and so is the
    code of what days are counted from.
    """

    contacts: NDArray[np.int32]
    times: Times
    marks: Bytes
    values: dict[Any, Column]
    there: dict[Any, NDArray[np.bool_]]

    def __len__(self) -> int:
        return len(self.contacts)

    @classmethod
    def empty(cls, columns: Collection[ColumnKey]) -> Tier:
        """No events, with these columns."""
        values = values_of(columns)
        return cls(
            np.empty(0, np.int32),
            np.empty(0, np.int64),
            marked([np.empty(0, np.bool_)] * (len(columns) - len(values)), 0),
            {key: Scaled.empty() if key[1] == "number" else np.empty(0, np.int64)
             for key in values},
            {key: np.empty(0, np.bool_) for key in values if key[1] not in _ALWAYS_THERE},
        )  # fmt: skip

    def dates(self, key: ColumnKey | None) -> NDArray[np.int64]:
        """A column that is not of decimals; the times for None."""
        column = self.times if key is None else self.values[key]
        if isinstance(column, Scaled):
            raise TypeError("a column of decimals")
        return column

    def first_of(self, contacts: Contacts) -> NDArray[np.int64]:
        """Where each contact's events begin, or would."""
        # Of the same type, or all of them would be copied into another one first.
        return np.searchsorted(self.contacts, contacts.astype(self.contacts.dtype))

    def between(self, spans: Sequence[Span], key: ColumnKey | None) -> list[tuple[Times, Contacts]]:
        """For each span all times (or dates of a column) in it, with their contacts."""
        dates = self.dates(key)
        found = within(dates, spans)
        if key is not None:
            found = [one[self.there[key][one]] for one in found]
        return [(dates[one], self.contacts[one].astype(np.int64)) for one in found]

    def taken(self, places: Any) -> Tier:
        """The events at some places, in that order."""
        return Tier(
            self.contacts[places],
            self.times[places],
            self.marks[places],
            {key: column.taken(places) if isinstance(column, Scaled) else column[places]
             for key, column in self.values.items()},
            {key: column[places] for key, column in self.there.items()},
        )  # fmt: skip

    def sorted(self) -> Tier:
        """The same events by contact."""
        order = order_of(self.contacts)
        return self if order is None else self.taken(order)


def order_of(contacts: NDArray[np.int32]) -> NDArray[np.int64] | None:
    """The places of events by contact, in one contact as they stand; None when they lie so."""
    if is_ascending(contacts):
        return None
    keys = contact_keys(contacts)
    keys &= PLACE
    return keys


def is_ascending(contacts: NDArray[np.int32]) -> bool:
    """Whether events lie by contact."""
    return bool((contacts[1:] >= contacts[:-1]).all())


def contact_keys(contacts: NDArray[np.int32]) -> NDArray[np.int64]:
    """Contact and, in the bits of `PLACE`, the place of each event, in that order."""
    # As one number: sorting plain numbers is several times quicker.
    keys = contacts.astype(np.int64)
    keys <<= 32
    keys |= np.arange(len(contacts))
    keys.sort()
    return keys


def _runs(firsts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Runs of numbers, one after the other."""
    ends = np.cumsum(lengths)
    return np.arange(ends[-1]) + np.repeat(firsts - ends + lengths, lengths)


def merged(tiers: Sequence[Tier]) -> Tier:
    """All their events in one, by contact."""
    found = concatenated(tiers)
    if is_ascending(found.contacts):
        return found
    # Of a few ascending runs a stable sort makes one by merging them.
    return found.taken(np.argsort(found.contacts, kind="stable"))


def concatenated(tiers: Sequence[Tier]) -> Tier:
    """All their events in one, one tier after the other."""
    first = tiers[0]
    values: dict[Any, Column] = {}
    for key, column in first.values.items():
        parts = [tier.values[key] for tier in tiers]
        if isinstance(column, Scaled):
            values[key] = joined([part for part in parts if isinstance(part, Scaled)])
        else:
            values[key] = np.concatenate([part for part in parts if isinstance(part, np.ndarray)])
    return Tier(
        np.concatenate([tier.contacts for tier in tiers]),
        np.concatenate([tier.times for tier in tiers]),
        np.concatenate([tier.marks for tier in tiers]),
        values,
        {key: np.concatenate([tier.there[key] for tier in tiers]) for key in first.there},
    )


class Happenings:
    """All events of one kind."""

    def __init__(self, loaded: Tier) -> None:
        self._tiers = [loaded.sorted(), loaded.taken(slice(0, 0)), loaded.taken(slice(0, 0))]
        self._gone = nobody()  # whose events are still there

    def add(self, events: Tier) -> None:
        """Take new events in."""
        large, middle, small = self._tiers
        small = merged((small, events))
        if len(small) > _SMALL:
            middle, small = merged((middle, small)), small.taken(slice(0, 0))
        if len(middle) > max(_MIDDLE, len(large) // _SHARE):
            large = self._without_gone(merged((large, middle)))
            middle = middle.taken(slice(0, 0))
        self._tiers = [large, middle, small]

    def of(self, contacts: Contacts) -> tuple[NDArray[np.int64], Tier]:
        """These contacts' events, and for each event the place of its contact.

        Args:
            contacts: each once.

        Returns:
            Places in `contacts`, ascending, and the events in that order.
        """
        found = []
        both = np.empty(2 * len(contacts), np.int32)
        both[::2] = contacts
        np.add(both[::2], 1, out=both[1::2])
        for tier in self._tiers:
            edges = tier.contacts.searchsorted(both)
            lengths = edges[1::2] - edges[::2]
            if lengths.any():
                found.append((tier, edges[::2], lengths))
        if not found:
            return np.empty(0, np.int64), self._tiers[0].taken(slice(0, 0))
        places = np.arange(len(contacts))
        owners = [np.repeat(places, lengths) for _, _, lengths in found]
        events = [tier.taken(_runs(left, lengths)) for tier, left, lengths in found]
        if len(found) == 1:
            return owners[0], events[0]
        owner = np.concatenate(owners)
        order = np.argsort(owner, kind="stable")  # merges what is in order tier by tier
        return owner[order], concatenated(events).taken(order)

    def stretch(self, first: int, beyond: int) -> Tier:
        """The events of contacts numbered from first to below `beyond`, by contact."""
        parts = []
        for tier in self._tiers:
            left, right = tier.first_of(np.asarray([first, beyond]))
            parts.append(tier.taken(slice(left, right)))
        filled = [part for part in parts if len(part)] or parts[:1]
        return filled[0] if len(filled) == 1 else merged(filled)

    def between(self, spans: Sequence[Span], key: ColumnKey | None) -> list[tuple[Times, Contacts]]:
        """For each span all times (or dates of a column) in it, with their contacts."""
        found = [tier.between(spans, key) for tier in self._tiers]
        return [
            (np.concatenate([times for times, _ in one]), np.concatenate([who for _, who in one]))
            for one in zip(*found, strict=True)
        ]

    def having(self, key: ColumnKey, codes: NDArray[np.bool_]) -> Contacts:
        """The contacts of events with one of these codes."""
        found = [tier.contacts[codes[tier.dates(key)]] for tier in self._tiers]
        return together(*found).astype(np.int64)

    def move(self, gone: int, kept: int) -> bool:
        """Give one contact's events to another; whether there were any."""
        who = np.asarray([gone], np.int64)
        _, events = self.of(who)
        if not len(events):
            return False
        self.erase(who)
        events.contacts = np.full(len(events), kept, np.int32)
        self.add(events)
        return True

    def erase(self, gone: Contacts) -> None:
        """Forget these contacts' events; the contacts are there no more.

        Nobody asks for them again, so they may stay a while: taking them out copies everything.
        """
        self._gone = together(self._gone, gone)
        if len(self._gone) > _MOST_GONE:
            self._tiers = [self._without_gone(tier) for tier in self._tiers]
            self._gone = nobody()

    def forget_all_but(self, there: NDArray[np.bool_]) -> None:
        """Forget the events of contacts that are not there, at once."""
        self._gone = np.flatnonzero(~there)
        self._tiers = [self._without_gone(tier) for tier in self._tiers]
        self._gone = nobody()

    def used(self, key: ColumnKey) -> NDArray[np.int64]:
        """The codes that are in a column, each once."""
        return np.unique(np.concatenate([tier.dates(key) for tier in self._tiers]))

    def _without_gone(self, tier: Tier) -> Tier:
        if not len(self._gone):
            return tier
        stay = ~np.isin(tier.contacts, self._gone)
        return tier if stay.all() else tier.taken(stay)

    def __len__(self) -> int:
        return sum(len(tier) for tier in self._tiers)

    @property
    def nbytes(self) -> int:
        """Bytes of its arrays."""
        total = 0
        for tier in self._tiers:
            total += tier.contacts.nbytes + tier.times.nbytes + tier.marks.nbytes
            total += sum(there.nbytes for there in tier.there.values())
            for column in tier.values.values():
                total += (column.values if isinstance(column, Scaled) else column).nbytes
        return total
