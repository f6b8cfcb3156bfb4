"""Dates of contacts that points on the move are about to pass."""

from __future__ import annotations

import numpy as np

from carpel.engine import plan as p
from carpel.engine.memory.timed import DateColumn
from carpel.kit.clock import DAY, HOUR

NOW = 20_000 * DAY
WEEK_AGO = p.Moving(0, -7 * DAY)
SLOT = 0


def _column(dates: list[int]) -> DateColumn:
    """Dates of contacts 0, 1, 2 …, and a leaf that is true within a week."""
    operand = p.Operand(p.Column("f12", "date"), ())
    column = DateColumn(p.Column("f12", "date"), np.asarray(dates, np.int64))
    column.add({SLOT: p.ValueTest(operand, p.Compare(">=", WEEK_AGO))}, NOW)
    return column


def _put(column: DateColumn, contact: int, date: int | None) -> None:
    column.put(np.asarray([contact]), {"f12": ("date", [date])}, NOW)


def test_a_contact_that_changes_otherwise_is_watched_once() -> None:
    """Its date is about to be passed, and comes with every change of it."""
    due = NOW - 7 * DAY + HOUR
    column = _column([due, NOW])
    before = column.ahead
    for _ in range(100):
        _put(column, 0, due)
    assert column.ahead == before
    assert column.advance(NOW + HOUR + 1).tolist() == [0]


def test_a_date_that_comes_goes_and_comes_again_is_passed() -> None:
    """However often it changed, the contact is told of when the point passes its date."""
    due = NOW - 7 * DAY + HOUR
    column = _column([NOW, NOW])
    for date in (due, None, due + HOUR, due, None, due):
        _put(column, 1, date)
    assert 1 in column.advance(NOW + HOUR + 1).tolist()
