"""When time alone changes something: dates that a moving point will pass.

For each moving point a list of the dates ahead of it is kept, up to a horizon; when the horizon
comes, the dates are looked through again. A point of the calendar stands until the next unit
of its calendar starts; that is its horizon.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from carpel.engine.calendars import next_start
from carpel.engine.moving import jump_back, passed, reached
from carpel.engine.plan import CalendarStart, Moving
from carpel.kit.clock import DAY, HOUR
from carpel.kit.instants import LATEST

from .points import Point, place
from .sorting import together
from .within import NEVER, Span

Contacts: TypeAlias = NDArray[np.int64]
Times: TypeAlias = NDArray[np.int64]

_HORIZON = HOUR
# A point that only moves as the clock does can be looked ahead of further; each a little more than
# the one before, so that not all of them have to look again at once.
_FAR_HORIZON = DAY
_STEPS = 97
_turns = itertools.count()


class Dates(Protocol):
    """Dates of contacts, to be looked through."""

    def between(self, spans: Sequence[Span]) -> list[tuple[Times, Contacts]]:
        """For each span all dates in it, with their contacts; spans in one go cost less."""
        ...


class Watch:
    """One moving point and the dates ahead of it."""

    def __init__(self, point: Point, dates: Dates, now: int) -> None:
        self._point = point
        self._dates = dates
        self._at = place(point, now)
        self._times: Times = np.empty(0, np.int64)
        self._contacts: Contacts = nobody()
        self._from = self._to = self._at
        self.due = self._horizon = now

    def advance(self, now: int) -> Contacts:
        """Whom the point has passed since the last time, or will be at; more do no harm."""
        at = place(self._point, now)
        first, last = min(self._at, at), max(self._at, at)
        self._at = at
        if now >= self._horizon or first < self._from:
            ((_, found), ahead) = self._dates.between([(first, last), self.look_ahead(now)])
            self.put(*ahead, now)
            return found
        left, right = np.searchsorted(self._times, [first, last + 1])
        found = self._contacts[left:right]
        self._set_due(now)
        return found

    def add(self, times: Times, contacts: Contacts, now: int) -> None:
        """Dates that have come in."""
        ahead = (times >= self._at) & (times <= self._to)
        if ahead.any():
            fresh = times[ahead]
            order = np.argsort(fresh, kind="stable")
            fresh = fresh[order]
            # A few into many: sorting all of them anew would grow with the population.
            places = np.searchsorted(self._times, fresh, side="right")
            self._times = np.insert(self._times, places, fresh)
            self._contacts = np.insert(self._contacts, places, contacts[ahead][order])
            self._set_due(now)

    def forget_all_but(self, there: NDArray[np.bool_]) -> None:
        """Forget the dates of contacts that are not there."""
        kept = there[self._contacts]
        self._times, self._contacts = self._times[kept], self._contacts[kept]

    @property
    def ahead(self) -> int:
        """How many dates are kept that the point is about to pass."""
        return len(self._times)

    def look_ahead(self, now: int) -> Span:
        """Go on to the next horizon; returns which dates are ahead, which `put` is to be told."""
        point = self._point
        self._from = self._to = self._at
        if isinstance(point, CalendarStart):
            self._horizon = next_start(point.unit, point.zone, now)
            return NEVER
        ahead = _HORIZON if point.months else _FAR_HORIZON + next(_turns) % _STEPS * DAY // _STEPS
        self._horizon = min(LATEST, now + ahead)
        # Where the point jumps back at midnight, it has gone further before.
        self._to = max(place(point, self._horizon), self._at + self._horizon - now)
        return self._from, self._to

    def put(self, times: Times, contacts: Contacts, now: int) -> None:
        """The dates ahead."""
        order = np.argsort(times, kind="stable")
        self._times, self._contacts = times[order], contacts[order]
        self._set_due(now)

    def _set_due(self, now: int) -> None:
        """The first instant after now at which something may change."""
        due = [self._horizon if self._horizon > now else LATEST]
        if not isinstance(self._point, CalendarStart):
            due.extend(self._turns(self._point, now))
        self.due = min(due)

    def _turns(self, moving: Moving, now: int) -> Iterator[int]:
        """When the point comes to the next date, goes past one that it is at, and jumps back."""
        first = int(np.searchsorted(self._times, self._at))
        if first < len(self._times):
            yield passed(moving, int(self._times[first]), now)
            after = int(np.searchsorted(self._times, self._at + 1))
            if after < len(self._times):
                yield reached(moving, int(self._times[after]), now)
        if (jump := jump_back(moving, now)) is not None:
            yield jump[0]


class Watches:
    """The moving points that leaves compare one set of dates with, each watched once."""

    def __init__(self, dates: Dates) -> None:
        self._dates = dates
        self._watches: dict[Point, Watch] = {}

    def want(self, points: Iterable[Point], now: int) -> None:
        """Watch these points too."""
        new = [point for point in dict.fromkeys(points) if point not in self._watches]
        watches = [Watch(point, self._dates, now) for point in new]
        ahead = self._dates.between([watch.look_ahead(now) for watch in watches])
        for point, watch, found in zip(new, watches, ahead, strict=True):
            watch.put(*found, now)
            self._watches[point] = watch

    def keep(self, points: Collection[Point]) -> None:
        """Watch no points but these."""
        self._watches = {point: one for point, one in self._watches.items() if point in points}

    def add(self, times: Times, contacts: Contacts, now: int) -> None:
        """Dates that have come in."""
        for watch in self._watches.values():
            watch.add(times, contacts, now)

    def forget_all_but(self, there: NDArray[np.bool_]) -> None:
        """Forget the dates of contacts that are not there."""
        for watch in self._watches.values():
            watch.forget_all_but(there)

    def advance(self, now: int) -> Contacts:
        """Whom a point has passed, each once."""
        due = [watch.advance(now) for watch in self._watches.values() if watch.due <= now]
        return together(nobody(), *due)

    @property
    def ahead(self) -> int:
        """How many dates are kept that points are about to pass."""
        return sum(watch.ahead for watch in self._watches.values())

    @property
    def due(self) -> int:
        """When something is due next; LATEST for never."""
        return min((watch.due for watch in self._watches.values()), default=LATEST)


def nobody() -> Contacts:
    """No contacts."""
    return np.empty(0, np.int64)
