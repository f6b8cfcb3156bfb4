"""The type of each value, and how a constant reads beside another type."""

from __future__ import annotations

from decimal import Decimal

from carpel.kit.instants import parse_instant
from carpel.kit.numbers import exact

from . import meaning as m
from .catalogue import EVENT_TYPES, Catalogue

# A constant may be finer than the numbers kept; some end there must be, for 1e-999999999.
MOST_DECIMALS = 100

NAMES: dict[m.Type, str] = {
    "text": "text",
    "number": "a number",
    "date": "a date",
    "boolean": "true or false",
    "text-list": "a list of texts",
    "duration": "a length of time",
    "any": "of no fixed type",
}


def type_of(value: m.Value, catalogue: Catalogue) -> m.Type:
    """The type; `any` for properties (they take the other side's) and for NULL."""
    match value:
        case m.Constant():
            return _constant_type(value)
        case m.Duration():
            return "duration"
        case m.Now() | m.Timestamp():
            return "date"
        case m.Field():
            known = catalogue.find_field(value.name)
            return known.type if known else "any"
        case m.EventColumn():
            return EVENT_TYPES[value.name]
        case m.Property():
            return "any"
        case m.Function():
            return "number" if value.name == "length" else "text"
        case m.Concat():
            return "text"
        case m.StartOf():
            return "date"
        case m.DaysToAnniversary() | m.Bucket():
            return "number"
        case m.Math():
            return _math_type(type_of(value.left, catalogue), type_of(value.right, catalogue))
        case m.Aggregate():
            return _aggregate_type(value, catalogue)


def as_date(constant: m.Constant) -> int | None:
    """The instant a text constant stands for beside a date; None when it is none."""
    return parse_instant(constant.value) if isinstance(constant.value, str) else None


def as_number(constant: m.Constant) -> Decimal | None:
    """The number a constant is; None when it is not one, out of range, or too fine."""
    number = constant.value
    if not isinstance(number, Decimal):
        return None
    try:
        exact(number)
    except ValueError:
        return None
    exponent = number.as_tuple().exponent
    return number if isinstance(exponent, int) and exponent >= -MOST_DECIMALS else None


def _constant_type(constant: m.Constant) -> m.Type:
    if isinstance(constant.value, bool):
        return "boolean"
    if isinstance(constant.value, Decimal):
        return "number"
    return "any" if constant.value is None else "text"


def _math_type(left: m.Type, right: m.Type) -> m.Type:
    """A property beside a date or a length of time is a date."""
    if "duration" in (left, right):
        return "duration" if left == right else "date"
    return "duration" if "date" in (left, right) else "number"


def _aggregate_type(value: m.Aggregate, catalogue: Catalogue) -> m.Type:
    if value.name in ("count", "count distinct", "sum", "avg"):
        return "number"
    return type_of(value.value, catalogue) if value.value else "any"
