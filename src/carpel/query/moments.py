"""Arithmetic on dates: a sum of dates, now, months and microseconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

from carpel.engine import plan as p
from carpel.kit.instants import EARLIEST, LATEST, add_months

Point = TypeVar("Point", p.Operand, p.CalendarStart)


class CannotKeep(Exception):
    """An arithmetic on dates whose truth cannot be followed exactly; says why, and what helps."""

    def __init__(self, reason: str, hint: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint


@dataclass(frozen=True)
class Moment:
    """`microseconds`, plus `now` times now, plus dates times their factors, plus `months`.

    A date that cancels out stays with a factor of zero: where it is not there, nothing is known.
    """

    microseconds: int = 0
    now: int = 0
    months: int = 0
    dates: dict[p.Operand, int] = field(default_factory=dict)
    starts: dict[p.CalendarStart, int] = field(default_factory=dict)  # of the calendar's units


def shift(start: Moment, length: Moment, sign: int, *, point: bool) -> Moment:
    """A date moved by a length of time (`point`), or two lengths added.

    Raises:
        CannotKeep: months after or before a contact's own date, whose turn of month differs
            from person to person in ways that moving the other side would not.
    """
    months = sign * length.months
    if point and months and not (start.now or start.dates or start.starts):
        moved = add_months(_within(start.microseconds), months)
        return Moment(_within(moved + sign * length.microseconds))
    if point and months and start.starts:
        raise CannotKeep(
            "months cannot be added to the start of a calendar's unit",
            "say how many units away: START_OF('month', -1)",
        )
    if point and months and start.dates:
        raise CannotKeep(
            "months cannot be added to a column exactly",
            "move the interval to the other side: column > NOW() - INTERVAL '1' MONTH",
        )
    return Moment(
        start.microseconds + sign * length.microseconds,
        start.now + sign * length.now,
        start.months + months,
        _add(start.dates, length.dates, sign),
        _add(start.starts, length.starts, sign),
    )


def difference(left: Moment, right: Moment) -> Moment:
    """Left - right."""
    if (left.months or right.months) and left.now - right.now == 0:
        raise CannotKeep(
            "a length in months has no fixed size to compare with", "use days: INTERVAL '30' DAY"
        )
    return Moment(
        left.microseconds - right.microseconds,
        left.now - right.now,
        left.months - right.months,
        _add(left.dates, right.dates, -1),
        _add(left.starts, right.starts, -1),
    )


def _within(instant: int) -> int:
    return max(EARLIEST, min(LATEST, instant))


def _add(left: dict[Point, int], right: dict[Point, int], sign: int) -> dict[Point, int]:
    total = dict(left)
    for point, factor in right.items():
        total[point] = total.get(point, 0) + sign * factor
    return total
