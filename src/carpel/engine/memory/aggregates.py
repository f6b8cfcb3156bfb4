"""Aggregates over chosen events of some contacts, all at once and exactly."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from carpel.engine import plan as p

from .dictionaries import Dictionary
from .happenings import Tier
from .having import column_key, on_time
from .numbers import Scaled, largest
from .points import place
from .sorting import together
from .tallies import running
from .thresholds import LEAST, MOST, Bools, Ints, compare, one_of

Owners: TypeAlias = NDArray[np.int64]
# For each contact how many numbers, and their sum, in units of 10 to the power of -digits.
_Total: TypeAlias = tuple[NDArray[np.int64], Ints, int]

_NUMBER = ("no", "order")


class Dictionaries(Protocol):
    """The values behind codes."""

    def dictionary(self, key: Any) -> Dictionary: ...


class Chosen:
    """Chosen events, contact by contact."""

    def __init__(
        self,
        events: Tier,
        starts: Owners,
        ends: Owners,
        inside: Bools | None,
        dictionaries: Dictionaries,
        now: int,
    ) -> None:
        """Args:
        starts, ends: for each contact where its events start, and where they end.
        inside: which of them are chosen, None for all.
        """
        self._events = events
        self._starts, self._ends = starts, ends
        self._inside = inside
        self._dictionaries = dictionaries
        self._now = now
        self._totals: dict[Any, _Total] = {}
        self.counts = ends - starts if inside is None else self._sums(inside)

    def passes(self, having: p.Tree[p.AggregateTest]) -> Bools:
        """For each contact, whether its chosen events pass together."""
        match having:
            case p.All():
                parts = [self.passes(part) for part in having.parts]
                return np.asarray(np.logical_and.reduce(parts), np.bool_)
            case p.AnyOf():
                parts = [self.passes(part) for part in having.parts]
                return np.asarray(np.logical_or.reduce(parts), np.bool_)
            case p.Everyone():
                return np.ones(len(self._starts), np.bool_)
            case p.NoOne():
                return np.zeros(len(self._starts), np.bool_)
            case _:
                return self._test(having)

    def _test(self, test: p.AggregateTest) -> Bools:
        match test.function:
            case "count" if test.of is None or on_time(test):
                return self._whole(self.counts, test.test, 0)
            case "count":
                return self._whole(self._sums(self._there(test)), test.test, 0)
            case "count distinct":
                return self._whole(self._distinct(test), test.test, 0)
            case "first" | "last":
                return self._end(test)
            case "min" | "max" if self._is_coded(test):
                return self._coded_extreme(test)
            case "min" | "max":
                return self._extreme(test)
            case "sum" | "average":
                return self._sum(test)

    # ---------------------------------------------------------------- one of them

    def _end(self, test: p.AggregateTest) -> Bools:
        """What the earliest or the latest event has."""
        places = self._ends_of(latest=test.function == "last")
        some = places >= 0
        if on_time(test):
            return self._tested(self._events.times[places], some, test.test, 0)
        key = column_key(test)
        some = some & self._events.there[key][places]
        column = self._events.values[key]
        if isinstance(column, Scaled):
            return self._tested(column.values[places], some, test.test, column.digits)
        if not self._is_coded(test):
            return self._tested(column[places], some, test.test, 0)
        if isinstance(test.test, p.Missing):
            return some if test.test.negated else ~some
        table = self._dictionaries.dictionary(key).table(test.test)
        truths: Bools = np.append(table, False)[np.where(some, column[places], -1)]
        return some & truths

    def _ends_of(self, *, latest: bool) -> Owners:
        """The place of each contact's first or last chosen event; -1 for none.

        Of several at one instant, the one that came in first is earlier.
        """
        chosen = self._all()
        for column in (self._events.times, self._events.values.get(_NUMBER)):
            if isinstance(column, np.ndarray):
                found = self._reduced(column, chosen, least=not latest)
                owner = np.repeat(np.arange(len(self._starts)), self._ends - self._starts)
                chosen = chosen & (column == found[owner])
        places = np.flatnonzero(chosen)
        ends = np.full(len(self._starts), -1, np.int64)
        ends[np.searchsorted(self._ends, places, "right")] = places
        return ends

    # ---------------------------------------------------------------- all together

    def _extreme(self, test: p.AggregateTest) -> Bools:
        """The least or greatest number or instant."""
        digits = 0
        if on_time(test):
            there = self._all()
            values: Ints = self._events.times
        else:
            column = self._events.values[column_key(test)]
            there = self._there(test)
            values = column.values if isinstance(column, Scaled) else column
            digits = column.digits if isinstance(column, Scaled) else 0
        found = self._reduced(values, there, least=test.function == "min")
        return self._tested(found, self._sums(there) > 0, test.test, digits)

    def _coded_extreme(self, test: p.AggregateTest) -> Bools:
        """The least or greatest of texts: from whether there is one below, and one at or below."""
        there = self._there(test)
        some = self._sums(there) > 0
        least = test.function == "min"
        beyond: tuple[p.Operator, p.Operator] = ("<", "<=") if least else (">", ">=")
        match test.test:
            case p.Missing(negated=negated):
                return some if negated else ~some
            case p.Compare(operator=operator, constant=constant):
                past, to = (self._any(test, there, p.Compare(one, constant)) for one in beyond)
                answers: dict[p.Operator, Bools] = {
                    beyond[0]: past,
                    beyond[1]: to,
                    "=": to & ~past,
                    "!=": some & ~(to & ~past),
                    ">" if least else "<": some & ~to,
                    ">=" if least else "<=": some & ~past,
                }
                return answers[operator]
            case p.OneOf(constants=constants, negated=negated):
                found = np.zeros(len(some), np.bool_)
                for one in constants:
                    past, to = (self._any(test, there, p.Compare(way, one)) for way in beyond)
                    found |= to & ~past
                return some & (found ^ negated)

    def _any(self, test: p.AggregateTest, there: Bools, wanted: p.Test) -> Bools:
        """Whether some value passes."""
        key = column_key(test)
        codes = np.where(there, np.asarray(self._events.values[key]), -1)
        table = np.append(self._dictionaries.dictionary(key).table(wanted), False)
        return self._sums(table[codes]) > 0

    def _distinct(self, test: p.AggregateTest) -> NDArray[np.int64]:
        there = self._there(test)
        owner = np.repeat(np.arange(len(self._starts)), self._ends - self._starts)
        codes = self._events.values[column_key(test)]
        # Owner and code as one number: sorting plain numbers is several times quicker.
        pairs = together(owner[there] << 32 | np.asarray(codes)[there])
        return np.bincount(pairs >> 32, minlength=len(self._starts))

    def _sum(self, test: p.AggregateTest) -> Bools:
        counts, sums, digits = self._total(test)
        some = counts > 0
        if test.function == "sum" or isinstance(test.test, p.Missing):
            return self._tested(sums, some, test.test, digits)
        if isinstance(test.test, p.Compare):
            return some & _average(sums, counts, test.test, digits)
        found = np.zeros(len(some), np.bool_)
        for one in test.test.constants:
            found |= _average(sums, counts, p.Compare("=", one), digits)
        return some & (found ^ test.test.negated)

    def _total(self, test: p.AggregateTest) -> _Total:
        """For each contact how many numbers there are, and their sum; the same for many tests."""
        key = column_key(test)
        if key not in self._totals:
            there = self._there(test)
            column = self._events.values[key]
            if not isinstance(column, Scaled):
                raise TypeError("a sum of what is no number")
            sums = _spans(np.where(there, column.summable(), 0), self._starts, self._ends)
            self._totals[key] = self._sums(there), sums, column.digits
        return self._totals[key]

    # ------------------------------------------------------------------------ within

    def _is_coded(self, test: p.AggregateTest) -> bool:
        key = column_key(test)
        return key is not None and key[1] == "code"

    def _all(self) -> Bools:
        return np.ones(len(self._events), np.bool_) if self._inside is None else self._inside

    def _there(self, test: p.AggregateTest) -> Bools:
        """Which of the chosen events have the value."""
        there = self._events.there[column_key(test)]
        return there if self._inside is None else there & self._inside

    def _sums(self, chosen: Bools) -> NDArray[np.int64]:
        """For each contact, how many of its events these are."""
        return sums_of(chosen, self._starts, self._ends)

    def _reduced(self, values: Ints, there: Bools, *, least: bool) -> Ints:
        """For each contact the least or greatest; where there is none it means nothing."""
        if not len(self._starts):
            return values[:0]
        if values.dtype == object:
            nothing = 10**40 if least else -(10**40)
        else:
            nothing = MOST if least else LEAST
        reduce = np.minimum if least else np.maximum
        found: Ints = reduce.reduceat(np.where(there, values, nothing), self._starts)
        return found

    def _tested(self, values: Ints, some: Bools, test: p.Test, digits: int) -> Bools:
        """Values of contacts that have some, tested; where there is none only `missing` is true."""
        if isinstance(test, p.Missing):
            return some if test.negated else ~some
        return some & self._whole(values, test, digits)

    def _whole(self, values: Ints, test: p.Test, digits: int) -> Bools:
        match test:
            case p.Compare():
                return compare(values, test.operator, _scaled(test.constant, digits, self._now))
            case p.OneOf():
                wanted = [_scaled(one, digits, self._now) for one in test.constants]
                return one_of(values, wanted, negated=test.negated)
            case p.Missing():
                return np.full(len(values), test.negated)
            case _:
                raise TypeError(type(test).__name__)


def sums_of(chosen: Bools, starts: Owners, ends: Owners) -> NDArray[np.int64]:
    """For each span, how many in it are chosen."""
    return np.asarray(_spans(chosen, starts, ends, np.int32), np.int64)


def _average(sums: Ints, counts: NDArray[np.int64], test: p.Compare, digits: int) -> Bools:
    """Sum against constant times count: exact, with no division."""
    wanted = Fraction(_decimal(test.constant)) * 10**digits
    # sum/count ⋄ n/d  ⟺  sum·d ⋄ n·count, with Python's integers when they get large.
    n, d = wanted.numerator, wanted.denominator
    large = max(largest(sums), 1) * d > MOST or max(largest(counts), 1) * abs(n) > MOST
    if large or sums.dtype == object:
        return compare(sums.astype(object) * d - counts.astype(object) * n, test.operator, 0)
    return np.asarray(p.HOLDS[test.operator](sums * d, counts * n), dtype=np.bool_)


def _scaled(constant: p.Constant, digits: int, now: int) -> int | Fraction:
    match constant:
        case p.Instant():
            return constant.at
        case p.Moving() | p.CalendarStart():
            return place(constant, now)
        case _:
            exact: Fraction = Fraction(_decimal(constant)) * 10**digits
            return exact


def _decimal(constant: p.Constant) -> Decimal:
    if not isinstance(constant, Decimal):
        raise TypeError(f"{constant!r} is no number")
    return constant


def _spans(values: NDArray[Any], starts: Owners, ends: Owners, kind: Any = None) -> Any:
    """Sums of what lies from each start to before its end."""
    total = running(values, kind)
    return total.take(ends) - total.take(starts)
