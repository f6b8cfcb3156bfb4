"""The events of some contacts in one stream: which fit, what they are together, and in which order."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from carpel.engine import plan as p

from .aggregates import Chosen, Owners, sums_of
from .answers import sources_of
from .asked import Asked, Compared, edges_of
from .bits import Bytes
from .dictionaries import Dictionary
from .happenings import Tier
from .marks import having
from .numbers import Scaled
from .points import dates_fit
from .streams import ColumnKey, Row, SequenceLeaf, StreamLeaf, date_key, is_still
from .tallies import counts_of, edges_within, eights, sums_between
from .thresholds import Bools
from .values import zones_of

_FEW = 4096  # events; of fewer, how often NumPy is called takes longer than what it does


class Looks(Protocol):
    """What a stream knows of the codes in its columns, and of its flags."""

    def fitting(self, where: Row, events: Tier) -> Bools: ...

    def dictionary(self, key: ColumnKey) -> Dictionary: ...

    def turned(self, leaf: p.RowLeaf, codes: NDArray[np.int64], now: int) -> Bools: ...


class View:
    """Events of some contacts, and which of them fit what."""

    def __init__(self, events: Tier, edges: Owners, looks: Looks, now: int) -> None:
        """Edges: where each contact's events begin, and at the end how many there are in all."""
        self.events = events
        self.edges = edges
        self._now = now
        self._looks = looks
        self._inside: dict[Row, Bools] = {}

    def narrowed(self, flag: Row) -> View:
        """Only those events that fit a filter."""
        fit = self.fits(flag)
        events, edges = self.events.taken(np.flatnonzero(fit)), edges_within(fit, self.edges)
        return View(events, edges, self._looks, self._now)

    def compare(self, compared: Compared, truths: Bools) -> None:
        """Answer leaves that ask how many there are, or for a sum, in their rows."""
        inside = np.ones((len(compared.windows), len(self.events)), np.bool_)
        if compared.since.places:
            inside[compared.since.places] = compared.since.fits(self.events.times, self._now)
        for mark, numbers in compared.marked.items():
            inside[numbers] &= having(self.events.marks, mark)
        for number, windows in compared.filters:
            for window in windows:
                inside[number] &= self.fits(window)
        if compared.counted.places:
            counts = counts_of(inside, self.edges)
            truths[compared.counted.places] = compared.counted.true(counts, 0)
        for key, spans in compared.summed.items():
            column = self.events.values[key]
            if not isinstance(column, Scaled):
                raise TypeError("a sum of what is no number")
            used = sorted(set(spans.windows))
            there = inside[used] & self.events.there[key]
            some = np.zeros((len(inside), len(self.edges) - 1), np.bool_)
            some[used] = counts_of(there, self.edges) > 0
            found = sums_between(np.where(there, column.summable(), 0), self.edges)
            sums = np.zeros(some.shape, found.dtype)
            sums[used] = found
            truths[spans.places] = some[spans.windows] & spans.true(sums, column.digits)

    def chosen(self, windows: tuple[Row, ...]) -> Chosen:
        """The events in all of these windows."""
        inside: Bools | None = None  # all of them
        for window in windows:
            one = self.fits(window)
            inside = one if inside is None else inside & one
        starts, ends = self.edges[:-1], self.edges[1:]
        return Chosen(self.events, starts, ends, inside, self._looks, self._now)

    def fits(self, where: Row) -> Bools:
        """The events that fit, of those in the stream."""
        found = self._inside.get(where)
        if found is None:
            found = self._inside[where] = self._tree(where)
        return found

    def _tree(self, where: Row) -> Bools:
        if isinstance(where, p.Everyone | p.NoOne):
            return np.full(len(self.events), isinstance(where, p.Everyone))
        if is_still(where):
            return self._looks.fitting(where, self.events)
        if isinstance(where, p.All | p.AnyOf):
            together = np.logical_and if isinstance(where, p.All) else np.logical_or
            return np.asarray(together.reduce([self.fits(part) for part in where.parts]), np.bool_)
        if zones_of(where):
            return self._looks.turned(where, self._whole((sources_of(where), "turn")), self._now)
        if not isinstance(where, p.ValueTest):
            raise TypeError(type(where).__name__)
        key = date_key(where)
        if key is None:
            return dates_fit(self.events.times, where.test, self._now)
        return self.events.there[key] & dates_fit(self._whole(key), where.test, self._now)

    def _whole(self, key: ColumnKey) -> NDArray[np.int64]:
        column = self.events.values[key]
        if isinstance(column, Scaled):
            raise TypeError("no column of decimals")
        return column


class Sample:
    """The events of some contacts in one stream, ready for its leaves.

    Only contacts that have events are looked at; to all others the answer is that of no events.
    """

    def __init__(self, owners: Owners, events: Tier, looks: Looks, now: int) -> None:
        """Owners: for each event the place of its contact, ascending."""
        edges = edges_of(owners)
        self._view = View(events, edges, looks, now)
        self.places: Owners = owners[edges[:-1]]  # of the contacts that have events
        self._chosen: dict[tuple[Row, ...], Chosen] = {}
        self._in_time: _InTime | None = None

    def answers(self, asked: Asked) -> Bytes:
        """For each contact at `places` the answers, in the bytes that `asked` names."""
        truths = np.zeros((asked.truths, len(self.places)), np.bool_)
        if len(self._view.events) < _FEW:
            self._view.compare(asked.at_once, truths)
        else:
            for flag, compared in asked.compared.items():
                view = self._view if flag is None else self._view.narrowed(flag)
                view.compare(compared, truths)
        for place, leaf in asked.others:
            truths[place] = (
                self._follows(leaf) if isinstance(leaf, SequenceLeaf) else self._happened(leaf)
            )
        truths ^= asked.negated
        return eights(truths).T

    def _happened(self, leaf: StreamLeaf) -> Bools:
        chosen = self._chosen.get(leaf.windows)
        if chosen is None:
            chosen = self._chosen[leaf.windows] = self._view.chosen(leaf.windows)
        truth: Bools = chosen.counts > 0
        return truth if leaf.having is None else truth & chosen.passes(leaf.having)

    # ------------------------------------------------------------------- sequences

    def _follows(self, leaf: SequenceLeaf) -> Bools:
        """Whether some event fits each step, later than the one before.

        Of the events that end the steps so far, the latest before an event is the best to go on
        from, whatever may lie between them.
        """
        starts, ends = self._view.edges[:-1], self._view.edges[1:]
        if self._in_time is None:
            self._in_time = _InTime(starts, ends, self._view.events.times)
        line = self._in_time
        (first, _), *then = leaf.steps
        reached = self._view.fits(first)[line.order]
        for where, within in then:
            reached = self._view.fits(where)[line.order] & line.follows(reached, within)
        return sums_of(reached, starts, ends) > 0


class _InTime:
    """The events of each contact in the order in which they happened."""

    def __init__(self, starts: Owners, ends: Owners, times: NDArray[np.int64]) -> None:
        owner = np.repeat(np.arange(len(starts)), ends - starts)
        self.order = np.lexsort((times, owner))
        self._times = times[self.order]
        self._first = np.repeat(starts, ends - starts)  # of the same contact
        # The first of those at the same instant.
        new = np.ones(len(times), np.bool_)
        new[1:] = (self._times[1:] != self._times[:-1]) | (owner[1:] != owner[:-1])
        self._instant = np.maximum.accumulate(np.where(new, np.arange(len(times)), 0))

    def follows(self, reached: Bools, within: int | None) -> Bools:
        """Which events are later than one that is reached, by so much at most."""
        last = np.maximum.accumulate(np.where(reached, np.arange(len(reached)), -1))
        before = np.append(-1, last)[self._instant]  # the last one reached before the instant
        found = before >= self._first
        if within is not None:
            found &= self._times - self._times[before] <= within
        return np.asarray(found, np.bool_)
