"""What history tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Interval = Literal["hour", "day", "week", "month"]
INTERVALS: tuple[Interval, ...] = ("hour", "day", "week", "month")


@dataclass(frozen=True)
class Stretch:
    """A segment over an hour, a day, a week or a month of a calendar.

    `size` is the one at its end (or now, when that has not come), None before the segment was. Who
    came and went within it is counted in both `entered` and `left`.
    """

    start: int
    end: int
    size: int | None
    entered: int
    left: int

    @property
    def net(self) -> int:
        return self.entered - self.left
