"""Calls and intervals: what the functions of the language mean."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

from carpel.kit.words import nearest

from . import meaning as m, nodes
from .catalogue import (
    AGGREGATES,
    CALENDAR_UNITS,
    FUNCTIONS,
    NOW_FUNCTIONS,
    OTHER_FUNCTIONS,
    UNIT_MICROSECONDS,
    UNIT_MONTHS,
)
from .problems import Complaints, Place
from .types import as_number

Read = Callable[[nodes.Expression], m.Value]

_LONGEST_MONTHS = 12 * 1000
_LONGEST_MICROSECONDS = 366_000 * UNIT_MICROSECONDS["DAY"]


def resolve_call(
    call: nodes.Call, read: Read, complaints: Complaints, *, aggregates: bool
) -> m.Value:
    """What a call means; `aggregates` tells whether COUNT, SUM and the like may stand here."""
    name = call.function.lower()
    if name in NOW_FUNCTIONS:
        _count(call, (0,), complaints)
        return m.Now(call.place)
    if name in FUNCTIONS:
        if not _count(call, (1,), complaints):
            return m.Constant(None, call.place)
        return m.Function(FUNCTIONS[name], read(call.arguments[0]), call.place)
    if name in AGGREGATES:
        return _aggregate(call, read, complaints, allowed=aggregates)
    if name == "concat":
        if not call.arguments:
            _count(call, (2,), complaints)
            return m.Constant(None, call.place)
        return m.concat(tuple(map(read, call.arguments)), call.place)
    if name in ("timestampadd", "dateadd"):
        return _timestampadd(call, read, complaints)
    if name in ("start_of", "date_trunc"):
        return _start_of(call, complaints)
    if name == "days_to_anniversary":
        return _days_to_anniversary(call, read, complaints)
    if name == "random_bucket":
        return _bucket(call, complaints)
    if name in ("array_contains", "regexp_like"):
        complaints.add("condition_not_value", f"{name}(…) is a condition, not a value", call.place)
        return m.Constant(None, call.place)
    near = nearest(name, (*FUNCTIONS, *AGGREGATES, *NOW_FUNCTIONS, *OTHER_FUNCTIONS))
    complaints.add(
        "unknown_function",
        f"there is no function {call.function}",
        call.place,
        f"did you mean {near}?" if near else None,
    )
    return m.Constant(None, call.place)


def resolve_interval(interval: nodes.Interval, complaints: Complaints) -> m.Value:
    """`INTERVAL '30' DAY`."""
    return read_duration(interval.amount, interval.unit, interval.place, complaints)


def read_duration(amount: Decimal, unit: str, place: Place, complaints: Complaints) -> m.Duration:
    """So many months or so much time."""
    singular = unit.upper().rstrip("S")
    if singular in UNIT_MONTHS:
        months = _whole(amount, UNIT_MONTHS[singular], _LONGEST_MONTHS)
        if months is not None:
            return m.Duration(months, 0, place)
    elif singular in UNIT_MICROSECONDS:
        microseconds = _whole(amount, UNIT_MICROSECONDS[singular], _LONGEST_MICROSECONDS)
        if microseconds is not None:
            return m.Duration(0, microseconds, place)
    else:
        near = nearest(unit, (*UNIT_MICROSECONDS, *UNIT_MONTHS))
        complaints.add(
            "unknown_unit",
            f"there is no unit of time {unit}",
            place,
            f"did you mean {near}?"
            if near
            else "units are SECOND, MINUTE, HOUR, DAY, WEEK, MONTH, YEAR",
        )
        return m.Duration(0, 0, place)
    complaints.add("bad_interval", "this length of time is too long or too fine", place)
    return m.Duration(0, 0, place)


def _whole(amount: Decimal, times: int, longest: int) -> int | None:
    """`amount · times`, when that is a whole number and not too long."""
    if as_number(m.Constant(amount)) is None:
        return None  # a number too large or too fine to multiply
    product = Fraction(amount) * times
    return int(product) if product.denominator == 1 and abs(product) <= longest else None


def _timestampadd(call: nodes.Call, read: Read, complaints: Complaints) -> m.Value:
    if not _count(call, (3,), complaints):
        return m.Constant(None, call.place)
    unit, amount, start = call.arguments
    if isinstance(unit, nodes.Name) and len(unit.parts) == 1:
        word = unit.parts[0]
    elif isinstance(unit, nodes.Value) and isinstance(unit.value, str):
        word = unit.value
    else:
        complaints.add("unknown_unit", "a unit such as day is wanted here", unit.place)
        return m.Constant(None, unit.place)
    number = read(amount)
    if not isinstance(number, m.Constant) or not isinstance(number.value, Decimal):
        complaints.add("constant_wanted", "a whole number is wanted here", amount.place)
        return m.Constant(None, amount.place)
    duration = read_duration(number.value, word, call.place, complaints)
    return m.Math("+", read(start), duration, call.place)


def _start_of(call: nodes.Call, complaints: Complaints) -> m.Value:
    """`START_OF('month'[, -1][, 'Europe/Paris'])`, also as `DATE_TRUNC('month', NOW()[, zone])`."""
    unit, *rest = call.arguments or (nodes.Value(None, call.place),)
    if call.function.lower() == "date_trunc":
        rest = rest[1:] if rest and _is_now(rest[0]) else [call]
    plain = [_plain(one) for one in rest]
    shift, zone = 0, "UTC"
    if plain and isinstance(plain[0], Decimal) and _is_whole(plain[0]):
        shift = int(plain.pop(0))  # type: ignore[arg-type]
    if plain and isinstance(plain[0], str):
        zone = str(plain.pop(0))
    word = str(_plain(unit)).lower()
    if plain or word not in CALENDAR_UNITS:
        complaints.add(
            "wrong_arguments",
            f"{call.function} takes one of {', '.join(CALENDAR_UNITS)}, how many later, and a time zone",
            call.place,
            "START_OF('month', -1, 'Europe/Paris') is the start of last month there",
        )
        return m.Constant(None, call.place)
    return m.StartOf(word, shift, zone, call.place)


def _is_now(value: nodes.Expression) -> bool:
    if isinstance(value, nodes.Call):
        return value.function.lower() in NOW_FUNCTIONS
    return isinstance(value, nodes.Name) and value.parts[0].lower() == "current_timestamp"


def _days_to_anniversary(call: nodes.Call, read: Read, complaints: Complaints) -> m.Value:
    if not _count(call, (1, 2), complaints):
        return m.Constant(None, call.place)
    zone = _plain(call.arguments[1]) if call.arguments[1:] else "UTC"
    if not isinstance(zone, str):
        place = call.arguments[1].place
        complaints.add("constant_wanted", "a time zone is wanted here", place, "'Europe/Paris'")
        return m.Constant(None, call.place)
    return m.DaysToAnniversary(read(call.arguments[0]), zone, call.place)


def _bucket(call: nodes.Call, complaints: Complaints) -> m.Value:
    match [_plain(argument) for argument in call.arguments]:
        case [Decimal() as buckets, *rest] if _is_whole(buckets) and len(rest) <= 1:
            salt = rest[0] if rest else ""
            if isinstance(salt, str):
                return m.Bucket(int(buckets), salt, call.place)
        case _:
            pass
    complaints.add(
        "wrong_arguments",
        "random_bucket takes how many buckets there are, and a text to shuffle by",
        call.place,
        "random_bucket(100) < 10 is a tenth of all",
    )
    return m.Constant(None, call.place)


def _plain(argument: nodes.Expression) -> str | Decimal | bool | None:
    """A constant's value; None for anything else."""
    return argument.value if isinstance(argument, nodes.Value) else None


def _is_whole(number: Decimal) -> bool:
    """A whole number small enough to count with."""
    return as_number(m.Constant(number)) is not None and number == int(number)


def _aggregate(call: nodes.Call, read: Read, complaints: Complaints, *, allowed: bool) -> m.Value:
    name = AGGREGATES[call.function.lower()]
    if not allowed:
        complaints.add(
            "aggregate_not_here",
            f"{call.function.upper()} stands only in HAVING",
            call.place,
            "contact_id IN (SELECT contact_id FROM event_data … GROUP BY contact_id HAVING COUNT(*) >= 3)",
        )
        return m.Constant(None, call.place)
    if not _count(call, (1,), complaints):
        return m.Constant(None, call.place)
    argument = call.arguments[0]
    if isinstance(argument, nodes.Star):
        if name != "count" or call.distinct:
            complaints.add("wrong_arguments", "only COUNT takes *", argument.place)
        return m.Aggregate("count", None, call.place)
    if call.distinct and name != "count":
        complaints.add("wrong_arguments", "only COUNT takes DISTINCT", call.place)
    return m.Aggregate("count distinct" if call.distinct else name, read(argument), call.place)


def _count(call: nodes.Call, allowed: tuple[int, ...], complaints: Complaints) -> bool:
    if len(call.arguments) in allowed:
        return True
    wanted = " or ".join(str(number) for number in allowed)
    complaints.add(
        "wrong_arguments",
        f"{call.function} takes {wanted} argument{'' if wanted == '1' else 's'}, "
        f"not {len(call.arguments)}",
        call.place,
    )
    return False
