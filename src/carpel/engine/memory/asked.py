"""What a stream's leaves ask, sorted by how it is answered: most of them all at once.

How many events lie in a window, and what they sum up to, is worked out once for each window; a leaf that
compares that with a constant becomes two whole numbers between which its answer is yes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from carpel.engine import plan as p

from .bits import Places
from .having import column_key, is_time, on_time
from .points import Point, place as place_of
from .streams import ColumnKey, EventLeaf, Row, SequenceLeaf, is_still
from .tallies import eights
from .thresholds import LEAST, MOST, Bools, Ints

Windows = tuple[Row, ...]
Plain = tuple[p.AggregateTest, p.Compare]

_BEYOND = 10**90  # any number there can be


@dataclass
class Spans:
    """Leaves that compare one number of each window with constants."""

    least: int  # of what is compared at all
    places: list[int] = field(default_factory=list)  # among the leaves
    windows: list[int] = field(default_factory=list)  # the number of each one's windows
    tests: list[p.Compare | None] = field(default_factory=list)  # None: any at all
    _bounds: dict[tuple[int, str], tuple[Ints, Ints]] = field(default_factory=dict)

    def add(self, place: int, windows: int, test: p.Compare | None) -> None:
        self.places.append(place)
        self.windows.append(windows)
        self.tests.append(test)

    def true(self, numbers: Ints, digits: int) -> Bools:
        """For each leaf a row of answers, from a row of whole numbers of 10^-digits a window."""
        least, most = self._between(digits, numbers.dtype)
        mine = numbers[self.windows]
        return np.asarray((mine >= least) & (mine <= most), np.bool_)

    def _between(self, digits: int, kind: np.dtype[Any]) -> tuple[Ints, Ints]:
        """The least and the greatest number that pass, for each leaf, in columns."""
        found = self._bounds.get((digits, kind.char))
        if found is None:
            pairs = [_between(test, digits) for test in self.tests]
            pairs = [(max(least, self.least), most) for least, most in pairs]
            if not kind.hasobject:
                pairs = [_small(least, most, np.iinfo(kind)) for least, most in pairs]
            columns = np.asarray(pairs, kind)
            found = self._bounds[digits, kind.char] = columns[:, :1], columns[:, 1:]
        return found


def _between(test: p.Compare | None, digits: int) -> tuple[int, int]:
    if test is None:
        return -_BEYOND, _BEYOND
    if not isinstance(test.constant, Decimal):
        raise TypeError(f"{test.constant!r} is no number")
    exact = Fraction(test.constant) * 10**digits
    low, high = ceil(exact), floor(exact)
    match test.operator:
        case "=":
            return low, high
        case ">=":
            return low, _BEYOND
        case ">":
            return high + 1, _BEYOND
        case "<=":
            return -_BEYOND, high
        case "<":
            return -_BEYOND, low - 1
        case other:
            raise TypeError(f"{other} is no span")


def _small(least: int, most: int, kind: np.iinfo[Any]) -> tuple[int, int]:
    """The same for numbers that are small themselves."""
    if least > kind.max or most < kind.min:
        return kind.max, kind.min  # none does
    return max(least, int(kind.min)), min(most, int(kind.max))


@dataclass
class Since:
    """The windows that are nothing but a moment from which on events count, as most are."""

    places: list[int] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)

    def fits(self, times: NDArray[np.int64], now: int) -> Bools:
        """For each of the windows a row: which of these times lie in it."""
        starts = [min(max(place_of(point, now), LEAST), MOST) for point in self.points]
        return np.asarray(times >= np.asarray(starts, np.int64)[:, None], np.bool_)


@dataclass
class Compared:
    """Leaves that compare how many events lie in windows, or a sum of them, with constants."""

    windows: dict[tuple[int | None, Windows], int] = field(default_factory=dict)
    marked: dict[int, list[int]] = field(default_factory=dict)  # windows that also ask for a mark
    since: Since = field(default_factory=Since)
    filters: list[tuple[int, Windows]] = field(default_factory=list)  # the other windows
    counted: Spans = field(default_factory=lambda: Spans(1))
    summed: dict[ColumnKey, Spans] = field(default_factory=dict)

    def add(self, place: int, flag: int | None, windows: Windows, plain: Plain | None) -> None:
        """Take up a leaf; `plain` None asks whether there is any event."""
        number = self._number_of(flag, windows)
        if plain is None or plain[0].function != "sum":
            self.counted.add(place, number, plain and plain[1])
        else:
            of_column = self.summed.setdefault(column_key(plain[0]), Spans(-_BEYOND))
            of_column.add(place, number, plain[1])

    def _number_of(self, flag: int | None, windows: Windows) -> int:
        number = self.windows.get((flag, windows))
        if number is None:
            number = self.windows[flag, windows] = len(self.windows)
            if flag is not None:
                self.marked.setdefault(flag, []).append(number)
            point = _since(windows)
            if point is None:
                self.filters.append((number, windows))
            else:
                self.since.places.append(number)
                self.since.points.append(point)
        return number


class Asked:
    """Some leaves of one stream, by slot."""

    def __init__(self, leaves: Mapping[int, EventLeaf], marks: Mapping[Row, int]) -> None:
        """Args: marks: the bit of each filter that is kept as a flag."""
        self._marks = marks
        # Over many events those with a filter that is a flag by themselves: it leaves few to look at.
        self.compared: dict[Row | None, Compared] = {}
        self.at_once = Compared()  # over few events all together
        self.others: list[tuple[int, EventLeaf]] = []
        bytes_of = sorted({slot >> 3 for slot in leaves})
        order = {byte: 8 * number for number, byte in enumerate(bytes_of)}
        # Truths lie as their bits do, so that eight of them become a byte.
        self.truths = 8 * len(bytes_of)
        self.bytes: Any = np.asarray(bytes_of, np.int64)
        if bytes_of and bytes_of[-1] - bytes_of[0] == len(bytes_of) - 1:
            self.bytes = slice(bytes_of[0], bytes_of[-1] + 1)
        negated, taken = np.zeros((2, self.truths, 1), np.bool_)
        for slot, leaf in leaves.items():
            place = order[slot >> 3] + (slot & 7)
            negated[place], taken[place] = leaf.negated, True
            self._sort(place, leaf)
        self.negated = negated
        self.mask = eights(taken)[:, 0]
        self.without = eights(negated)[:, 0]  # what is true of who has no events

    def _sort(self, place: int, leaf: EventLeaf) -> None:
        if isinstance(leaf, SequenceLeaf):
            self.others.append((place, leaf))
            return
        plain = _plain(leaf.having) if leaf.having is not None else None
        if leaf.having is not None and plain is None:
            self.others.append((place, leaf))
            return
        flag, windows = None, leaf.windows
        if windows and is_still(windows[0]):
            flag, windows = windows[0], windows[1:]
        self.compared.setdefault(flag, Compared()).add(place, None, windows, plain)
        self.at_once.add(place, None if flag is None else self._marks[flag], windows, plain)


def _since(windows: Windows) -> Point | None:
    """The moment, if the windows say nothing but since when."""
    match windows:
        case (p.ValueTest(p.Operand(seen, ()), p.Compare(">=", point)),) if is_time(seen):
            return point if isinstance(point, p.Moving | p.CalendarStart) else None
    return None


def _plain(having: p.Tree[p.AggregateTest]) -> Plain | None:
    """The test, if it compares how many events there are, or a sum, with a constant."""
    if not isinstance(having, p.AggregateTest) or not isinstance(having.test, p.Compare):
        return None
    is_count = having.function == "count" and (having.of is None or on_time(having))
    if having.test.operator == "!=" or not (is_count or having.function == "sum"):
        return None
    return having, having.test


def edges_of(owners: Places) -> Places:
    """Where the events of each owner begin, and at the end how many there are in all."""
    if not len(owners):
        return np.zeros(1, np.int64)
    firsts = np.flatnonzero(owners[1:] != owners[:-1])
    found = np.empty(len(firsts) + 2, np.int64)
    found[0], found[-1] = 0, len(owners)
    np.add(firsts, 1, out=found[1:-1])
    return found
