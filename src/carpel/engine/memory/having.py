"""What is asked of events together: which columns it needs, and whether this engine can answer it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from carpel.engine import plan as p

from .values import Unknown

_ORDERED = ("min", "max", "first", "last")


def column_key(test: p.AggregateTest) -> Any:
    """The column that an aggregate needs, as a `ColumnKey`; None when the events' times will do."""
    if test.of is None or on_time(test):
        return (test.of, "code") if test.function == "count distinct" else None
    if test.function in ("count", "count distinct") or test.of.kind not in ("number", "date"):
        return test.of, "code"
    return test.of, "date" if test.of.kind == "date" else "number"


def on_time(test: p.AggregateTest) -> bool:
    """Whether the aggregate is of the events' own times."""
    return is_time(test.of)


def is_time(seen: Any) -> bool:
    """Whether it is when events happened."""
    return isinstance(seen, p.EventColumn) and seen.name == "happened_at"


def orders(test: p.AggregateTest) -> bool:
    """Whether it matters which of the events at one instant came in first."""
    return test.function in ("first", "last") and not on_time(test)


def check_aggregate(test: p.AggregateTest) -> None:
    """Raise Unknown for an aggregate that is left to the recompute."""
    if test.of is None:
        if test.function != "count":
            raise Unknown(f"{test.function} of nothing")
        kind = "number"
    else:
        if not isinstance(test.of, p.EventColumn | p.Property) or test.of.kind == "text-list":
            raise Unknown("what is no value of an event")
        kind = test.of.kind if test.function in _ORDERED else "number"
        if test.function in ("sum", "average") and test.of.kind != "number":
            raise Unknown(f"a {test.function} of {test.of.kind}")
    match test.test:
        case p.Compare(constant=constant):
            _check_constant(constant, kind)
        case p.OneOf(constants=constants):
            for one in constants:
                _check_constant(one, kind)
        case p.Missing():
            pass


def _check_constant(constant: p.Constant, kind: str) -> None:
    fitting: dict[str, Any] = {
        "number": Decimal,
        "date": p.Instant | p.Moving | p.CalendarStart,
        "boolean": bool,
        "text": str,
    }
    if kind not in fitting or not isinstance(constant, fitting[kind]):
        raise Unknown(f"{constant!r} beside {kind}")
