"""Arithmetic on dates: a sum of dates, now, months and microseconds."""

from __future__ import annotations

from dataclasses import dataclass, field

from carpel.engine import plan as p
from carpel.kit.instants import EARLIEST, LATEST, add_months


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

    @property
    def is_length(self) -> bool:
        """Whether it is a length of time and not a point in it, judged by its parts."""
        return not self.dates and not self.now


def shift(start: Moment, length: Moment, sign: int, *, point: bool) -> Moment:
    """A date moved by a length of time (`point`), or two lengths added.

    Raises:
        CannotKeep: months after or before a contact's own date, whose turn of month differs
            from person to person in ways that moving the other side would not.
    """
    months = sign * length.months
    if point and months and not start.now and not start.dates:
        moved = add_months(_within(start.microseconds), months)
        return Moment(_within(moved + sign * length.microseconds))
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
    )


def _within(instant: int) -> int:
    return max(EARLIEST, min(LATEST, instant))


def _add(
    left: dict[p.Operand, int], right: dict[p.Operand, int], sign: int
) -> dict[p.Operand, int]:
    total = dict(left)
    for operand, factor in right.items():
        total[operand] = total.get(operand, 0) + sign * factor
    return total
