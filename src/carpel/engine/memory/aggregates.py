"""Windows and aggregates over the events of some contacts, all at once and exactly."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from carpel.engine import plan as p
from carpel.engine.moving import bound

from .happenings import Tier
from .numbers import Scaled, largest
from .streams import StreamLeaf, Window, column_key, on_time
from .thresholds import LEAST, MOST, Bools, Ints, compare, one_of

Owners: TypeAlias = NDArray[np.int64]


class Sample:
    """The events of some contacts in one stream, ready for its leaves.

    Only contacts that have events are looked at; to all others the answer is that of no events.
    """

    def __init__(self, owners: Owners, events: Tier, now: int) -> None:
        """Owners: for each event the place of its contact, ascending."""
        self.now = now
        self._events = events
        self._starts = (
            np.flatnonzero(np.r_[True, owners[1:] != owners[:-1]])
            if len(owners)
            else (np.empty(0, np.int64))
        )
        self.places: Owners = owners[self._starts]  # of the contacts that have events
        self._ends = np.r_[self._starts[1:], len(owners)] if len(owners) else self._starts
        self._inside: dict[Window, Bools] = {}

    def answer(self, leaf: StreamLeaf) -> Bools:
        """For each contact at `places`, whether the leaf is true."""
        inside = self._all_windows(leaf.windows)
        fitting = self._sums(inside)
        truth = fitting > 0
        if leaf.having is not None:
            truth &= self._tree(leaf.having, _Group(self, inside, fitting))
        return truth ^ leaf.negated

    def _all_windows(self, windows: tuple[Window, ...]) -> Bools | None:
        """The events in all windows; None for all events."""
        inside: Bools | None = None
        for window in windows:
            one = self._inside.get(window)
            if one is None:
                at = bound(window.moving, self.now)
                one = self._inside[window] = compare(self._events.times, window.operator, at)
            inside = one if inside is None else inside & one
        return inside

    def _sums(self, chosen: Bools | None) -> NDArray[np.int64]:
        """For each contact, how many of its events are chosen."""
        if chosen is None:
            return np.asarray(self._ends - self._starts)
        return np.asarray(_spans(np.cumsum(chosen, dtype=np.int64), self._starts, self._ends))

    def _tree(self, having: p.Tree[p.AggregateTest], group: _Group) -> Bools:
        match having:
            case p.All():
                parts = [self._tree(part, group) for part in having.parts]
                return np.asarray(np.logical_and.reduce(parts), np.bool_)
            case p.AnyOf():
                parts = [self._tree(part, group) for part in having.parts]
                return np.asarray(np.logical_or.reduce(parts), np.bool_)
            case p.Everyone():
                return np.ones(len(self.places), np.bool_)
            case p.NoOne():
                return np.zeros(len(self.places), np.bool_)
            case _:
                return group.test(having)


class _Group:
    """The events inside the windows, contact by contact, for aggregates over them."""

    def __init__(self, sample: Sample, inside: Bools | None, fitting: NDArray[np.int64]) -> None:
        self._sample = sample
        self._events = sample._events  # noqa: SLF001
        self._starts, self._ends = sample._starts, sample._ends  # noqa: SLF001
        self._inside = inside
        self._fitting = fitting

    def test(self, test: p.AggregateTest) -> Bools:
        match test.function:
            case "count" if test.of is None or on_time(test):
                return _whole(self._fitting, test.test, 0, self._sample.now)
            case "count":
                return _whole(self._there(test)[1], test.test, 0, self._sample.now)
            case "count distinct":
                return _whole(self._distinct(test), test.test, 0, self._sample.now)
            case "min" | "max":
                return self._extreme(test)
            case "sum" | "average":
                return self._sum(test)
            case _:
                raise TypeError(test.function)

    def _chosen(self, there: Bools) -> Bools:
        return there if self._inside is None else there & self._inside

    def _there(self, test: p.AggregateTest) -> tuple[Bools, NDArray[np.int64]]:
        """Which events have the value, and for each contact how many do."""
        there = self._chosen(self._events.there[column_key(test)])
        return there, self._sample._sums(there)  # noqa: SLF001

    def _distinct(self, test: p.AggregateTest) -> NDArray[np.int64]:
        there, _ = self._there(test)
        owner = np.repeat(np.arange(len(self._starts)), self._ends - self._starts)
        codes = self._events.values[column_key(test)]
        pairs = np.unique(np.stack((owner[there], np.asarray(codes)[there])), axis=1)
        return np.bincount(pairs[0], minlength=len(self._starts))

    def _extreme(self, test: p.AggregateTest) -> Bools:
        """The least or greatest; a sentinel stands where there is no value."""
        digits = 0
        if on_time(test):
            there = self._chosen(np.ones(len(self._events), np.bool_))
            values: Ints = self._events.times
        else:
            column = self._events.values[column_key(test)]
            there, _ = self._there(test)
            values = column.values if isinstance(column, Scaled) else column
            digits = column.digits if isinstance(column, Scaled) else 0
        least = test.function == "min"
        nothing = (
            (10**40 if least else -(10**40))
            if values.dtype == object
            else (MOST if least else LEAST)
        )
        reduce = np.minimum if least else np.maximum
        found = (
            reduce.reduceat(np.where(there, values, nothing), self._starts)
            if len(self._starts)
            else values[:0]
        )
        some = self._sample._sums(there) > 0  # noqa: SLF001
        return _tested(found, some, test.test, digits, self._sample.now)

    def _sum(self, test: p.AggregateTest) -> Bools:
        there, counts = self._there(test)
        column = self._events.values[column_key(test)]
        if not isinstance(column, Scaled):
            raise TypeError("a sum of what is no number")
        values = column.summable()
        sums = _spans(np.cumsum(np.where(there, values, 0)), self._starts, self._ends)
        if test.function == "sum" or not isinstance(test.test, p.Compare):
            return _tested(sums, counts > 0, test.test, column.digits, self._sample.now)
        return (counts > 0) & _average(sums, counts, test.test, column.digits)


def _average(sums: Ints, counts: NDArray[np.int64], test: p.Compare, digits: int) -> Bools:
    """Sum against constant times count: exact, with no division."""
    wanted = Fraction(_decimal(test.constant)) * 10**digits
    # sum/count ⋄ n/d  ⟺  sum·d ⋄ n·count, with Python's integers when they get large.
    n, d = wanted.numerator, wanted.denominator
    large = max(largest(sums), 1) * d > MOST or max(largest(counts), 1) * abs(n) > MOST
    if large or sums.dtype == object:
        return compare(sums.astype(object) * d - counts.astype(object) * n, test.operator, 0)
    return np.asarray(p.HOLDS[test.operator](sums * d, counts * n), dtype=np.bool_)


def _tested(values: Ints, some: Bools, test: p.Test, digits: int, now: int) -> Bools:
    """Values of contacts that have some, tested; where there is none only `missing` is true."""
    if isinstance(test, p.Missing):
        return some if test.negated else ~some
    return some & _whole(values, test, digits, now)


def _whole(values: Ints, test: p.Test, digits: int, now: int) -> Bools:
    match test:
        case p.Compare():
            return compare(values, test.operator, _scaled(test.constant, digits, now))
        case p.OneOf():
            wanted = [_scaled(one, digits, now) for one in test.constants]
            return one_of(values, wanted, negated=test.negated)
        case p.Missing():
            return np.full(len(values), test.negated)
        case _:
            raise TypeError(type(test).__name__)


def _scaled(constant: p.Constant, digits: int, now: int) -> int | Fraction:
    match constant:
        case p.Instant():
            return constant.at
        case p.Moving():
            return bound(constant, now)
        case _:
            exact: Fraction = Fraction(_decimal(constant)) * 10**digits
            return exact


def _decimal(constant: p.Constant) -> Decimal:
    if not isinstance(constant, Decimal):
        raise TypeError(f"{constant!r} is no number")
    return constant


def _spans(running: Ints, starts: Owners, ends: Owners) -> Any:
    """Differences of a running total."""
    total = np.concatenate((np.zeros(1, running.dtype), running))
    return total[ends] - total[starts]
