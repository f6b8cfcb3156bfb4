"""Leaves whose answers change at midnight: those that count days to an anniversary.

Of a date only the day among the 366 of a leap year matters, so there are few different values. They
are answered once a day, and whoever has a value whose answer changed is answered again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from carpel.engine import plan as p
from carpel.engine.calendars import next_start

from .answers import Answer, Days, Source
from .thresholds import Bools
from .values import zones_of

Codes: TypeAlias = NDArray[np.int64]

_BEFORE = np.asarray([0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335])


class Codebook:
    """The different values met, each with a code."""

    def __init__(self, sources: tuple[Source, ...]) -> None:
        self.sources = sources
        self.values: list[tuple[Any, ...]] = []
        self._codes: dict[tuple[Any, ...], int] = {}

    def codes(self, columns: Sequence[Any]) -> Codes:
        """A code for each row, from a column for each source: a `Day`'s is an array of days, -1 for
        none, any other a list of stored values.
        """
        if len(columns) == 1 and isinstance(columns[0], np.ndarray):
            distinct, places = np.unique(columns[0], return_inverse=True)
            return self._coded([(_day(one),) for one in distinct.tolist()])[places]
        lists = [
            list(map(_day, one.tolist())) if isinstance(one, np.ndarray) else one for one in columns
        ]
        return self._coded(list(zip(*lists, strict=True)))

    def forget_all_but(self, used: Codes) -> None:
        """Forget values whose codes are not among these; their codes are not given again."""
        for code in np.setdiff1d(np.arange(len(self.values)), used).tolist():
            if self._codes.get(self.values[code]) == code:
                del self._codes[self.values[code]]
            self.values[code] = (None,) * len(self.sources)

    def _coded(self, values: Sequence[tuple[Any, ...]]) -> Codes:
        known = self._codes
        for value in values:
            if value not in known:
                known[value] = len(self.values)
                self.values.append(value)
        return np.asarray([known[value] for value in values], np.int64)


class Turning:
    """One leaf, and its answer for each value of a codebook."""

    def __init__(self, leaf: p.RowLeaf, book: Codebook) -> None:
        self._zones = zones_of(leaf)
        self._days = Days()
        self._answer = Answer(leaf, book.sources, self._days)
        self._book = book
        self._truths = np.empty(0, np.bool_)
        self._from = self.due = (
            0  # the truths are those of instants from the one to before the other
        )

    def truths(self, now: int) -> Bools:
        """The leaf's answer for each code."""
        if not self._from <= now < self.due:
            self._truths = self._truths[:0]
            self._from = now
            self.due = min(next_start("day", zone, now) for zone in self._zones)
        new = self._book.values[len(self._truths) :]
        if new:
            self._days.now = self._from
            answers = np.asarray(self._answer.many(new), np.bool_)
            self._truths = np.concatenate((self._truths, answers))
        return self._truths

    def turn(self, now: int) -> Bools:
        """For each code, whether its answer is another one than before."""
        before = self._truths
        after = self.truths(now)
        changed = np.ones(len(after), np.bool_)
        changed[: len(before)] = before != after[: len(before)]
        return changed


def day_column(dates: Sequence[int | None]) -> NDArray[np.int64]:
    """Stored dates as a codebook wants days."""
    times = np.asarray([one or 0 for one in dates], np.int64)
    return days_where(times, np.asarray([one is not None for one in dates], np.bool_))


def days_where(times: NDArray[np.int64], there: Bools) -> NDArray[np.int64]:
    """The days of instants, and -1 where there is none."""
    return np.where(there, days_of(times), -1)


def _day(number: int) -> int | None:
    return None if number < 0 else number


def days_of(times: NDArray[np.int64]) -> NDArray[np.int64]:
    """The day of each instant among the 366 of a leap year, in UTC, from 0."""
    days = times.astype("datetime64[us]").astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    before = _BEFORE[months.astype(np.int64) % 12]
    return np.asarray(before + (days - months.astype("datetime64[D]")).astype(np.int64))
