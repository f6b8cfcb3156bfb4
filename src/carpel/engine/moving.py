"""Points that move with the clock: where they are, and when they will have passed an instant."""

from __future__ import annotations

from carpel.kit.clock import DAY
from carpel.kit.instants import EARLIEST, LATEST, add_months

from .plan import Moving

# Adding months moves an instant by at most this much less or more than the same number of days.
_SLACK = 5 * DAY


def bound(moving: Moving, now: int) -> int:
    """Where the point is at an instant; it never runs backwards as now grows."""
    shifted = add_months(now, moving.months) if moving.months else now
    return max(EARLIEST, min(LATEST, shifted + moving.microseconds))


def reached(moving: Moving, instant: int) -> int:
    """The first now at which the point is at or after an instant."""
    if not moving.months:
        return instant - moving.microseconds
    middle = add_months(instant - moving.microseconds, -moving.months)
    low, high = middle - _SLACK, middle + _SLACK
    while low < high:
        half = (low + high) // 2
        if bound(moving, half) >= instant:
            high = half
        else:
            low = half + 1
    return low


def passed(moving: Moving, instant: int) -> int:
    """The first now at which the point is after an instant."""
    return reached(moving, instant + 1)
