"""Points in time that dates are compared with: fixed, moving with the clock, or in a calendar."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from carpel.engine import plan as p
from carpel.engine.calendars import position
from carpel.engine.moving import bound

from .thresholds import Bools, compare

Point: TypeAlias = p.Moving | p.CalendarStart


def place(point: Point, now: int) -> int:
    """Where a point is at an instant."""
    return bound(point, now) if isinstance(point, p.Moving) else position(point, now)


def points_of(test: Any) -> tuple[Point, ...]:
    """The points that do not stand still, of those that a test compares with."""
    match test:
        case p.Compare(constant=constant):
            found: tuple[p.Constant, ...] = (constant,)
        case p.OneOf(constants=constants):
            found = constants
        case _:
            found = ()
    return tuple(one for one in found if isinstance(one, p.Moving | p.CalendarStart))


def dates_fit(times: NDArray[np.int64], test: p.Test, now: int) -> Bools:
    """Dates, all of them there, tested at an instant."""
    match test:
        case p.Compare(operator=operator, constant=constant):
            return compare(times, operator, _instant(constant, now))
        case p.OneOf(constants=constants, negated=negated):
            found = np.zeros(len(times), np.bool_)
            for constant in constants:
                found |= compare(times, "=", _instant(constant, now))
            return found ^ negated
        case _:
            raise TypeError(f"{type(test).__name__} of a date seen from now")


def _instant(constant: p.Constant, now: int) -> int:
    match constant:
        case p.Instant():
            return constant.at
        case p.Moving() | p.CalendarStart():
            return place(constant, now)
        case _:
            raise TypeError(f"{constant!r} is no instant")
