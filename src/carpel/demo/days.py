"""The days that a demo's events fall on: how busy each is, and how its instants are written."""

from __future__ import annotations

import random
from bisect import bisect
from datetime import date
from itertools import accumulate

from carpel.kit.clock import DAY, SECOND
from carpel.kit.instants import format_instant, to_datetime

from .recipe import BACK, DAY_S

_WEEKDAYS = (1.0, 0.95, 0.95, 1.0, 1.1, 1.35, 1.4)  # from Monday on
_MONTHS = (0.85, 0.8, 0.95, 1.0, 1.1, 1.1, 1.0, 0.95, 1.0, 1.05, 1.4, 1.9)  # from January on
# In UTC, and rather flat: the shop's customers live from Vancouver to Stockholm.
_HOURS = (
    8, 7, 7, 6, 6, 7, 8, 10, 12, 13, 13, 13, 13, 13, 13, 13, 14, 15, 16, 17, 17, 15, 12, 10,
)  # fmt: skip
_HOURS_SO_FAR = tuple(accumulate(_HOURS))
# The shop has grown by this much over the window.
_GROWTH = 1.2
# So many days before the anchor much is going on, so that on the anchor's day someone leaves one of
# the usual windows every minute or two.
_LIVELY_DAYS = frozenset(BACK - ago for ago in (0, 1, 7, 30, 60, 90, 180))
_LIVELY = 3.0


class Days:
    """The days before an anchor and the anchor's own; times are seconds from the first midnight."""

    def __init__(self, anchor: int) -> None:
        """Args: anchor: a midnight in UTC."""
        self._first = anchor - BACK * DAY
        self.dates: list[date] = [
            to_datetime(self._first + number * DAY).date() for number in range(BACK + 1)
        ]
        self._texts = [day.isoformat() for day in self.dates]
        self._busy_so_far = [
            0.0,
            *accumulate(_busyness(number, day) for number, day in enumerate(self.dates)),
        ]

    def busy_second(self, chances: random.Random, since_s: int, until_s: int) -> int:
        """A time from one second's day through another's, likelier when the shop is busier."""
        low = self._busy_so_far[max(0, since_s // DAY_S)]
        high = self._busy_so_far[min(BACK, until_s // DAY_S) + 1]
        day = bisect(self._busy_so_far, low + chances.random() * (high - low)) - 1
        return min(day, BACK) * DAY_S + time_of_day(chances)

    def text(self, second: int) -> str:
        """An instant as the API takes it; before the first day and after the last one as well."""
        day, rest = divmod(second, DAY_S)
        if not 0 <= day <= BACK:
            return format_instant(self._first + second * SECOND)
        minutes, seconds = divmod(rest, 60)
        return f"{self._texts[day]}T{minutes // 60:02}:{minutes % 60:02}:{seconds:02}Z"


def _busyness(number: int, day: date) -> float:
    season = _WEEKDAYS[day.weekday()] * _MONTHS[day.month - 1]
    return season * (1 + _GROWTH * number / BACK) * (_LIVELY if number in _LIVELY_DAYS else 1)


def time_of_day(chances: random.Random) -> int:
    """Seconds into a day, likelier in the evening than at night."""
    hour = bisect(_HOURS_SO_FAR, chances.random() * _HOURS_SO_FAR[-1])
    return hour * 3600 + int(chances.random() * 3600)
