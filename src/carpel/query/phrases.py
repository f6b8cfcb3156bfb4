"""The words that sentences are made of: comparisons, constants, lengths of time."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from carpel.kit.numbers import plain

from . import meaning as m
from .catalogue import UNIT_MICROSECONDS

AT_LEAST: dict[m.Operator, str] = {
    "=": "exactly",
    "<": "fewer than",
    "<=": "at most",
    ">": "more than",
    ">=": "at least",
}
_EQUAL: dict[m.Operator, str] = {
    "=": "is",
    "!=": "is set and not",
    "is distinct from": "is not",
    "is not distinct from": "is",
}
_AMOUNTS: dict[m.Operator, str] = {
    "<": "is less than",
    "<=": "is at most",
    ">": "is more than",
    ">=": "is at least",
}
_TIMES: dict[m.Operator, str] = {
    "<": "is before",
    "<=": "is at or before",
    ">": "is after",
    ">=": "is at or after",
}
_TEXTS: dict[m.Operator, str] = {
    "<": "sorts before",
    "<=": "sorts at or before",
    ">": "sorts after",
    ">=": "sorts at or after",
}


def phrase(operator: m.Operator, kind: m.Type) -> str:
    """The verb of a comparison between values of a type."""
    if operator in _EQUAL:
        return _EQUAL[operator]
    if kind == "date":
        return _TIMES[operator]
    return (_TEXTS if kind == "text" else _AMOUNTS)[operator]


def constant(value: m.Constant) -> str:
    """A constant as read aloud."""
    shown = value.value
    if shown is None:
        return "nothing"
    if isinstance(shown, bool):
        return "true" if shown else "false"
    return plain(shown) if isinstance(shown, Decimal) else f"“{shown}”"


def ago(value: m.Value) -> str | None:
    """`90 days` for NOW() - INTERVAL '90' DAY and for NOW() + INTERVAL '-90' DAY."""
    match value:
        case m.Math(operator="+" | "-" as operator, left=m.Now(), right=m.Duration() as span):
            sign = 1 if operator == "-" else -1
            back = m.Duration(sign * span.months, sign * span.microseconds)
            return length(back) if back.months >= 0 and back.microseconds >= 0 else None
        case _:
            return None


def start_of(value: m.StartOf) -> str:
    """`the start of this month in Europe/Paris`, `of last month`, `of the month 3 months ago`."""
    where = "" if value.zone == "UTC" else f" in {value.zone}"
    if value.shift in (-1, 0, 1):
        which = {-1: "last", 0: "this", 1: "next"}[value.shift] + f" {value.unit}"
        days = {"this day": "today", "last day": "yesterday", "next day": "tomorrow"}
        which = days.get(which, which)
    else:
        away = _units(Decimal(abs(value.shift)), value.unit)
        which = f"the {value.unit} {away} {'ago' if value.shift < 0 else 'ahead'}"
    return f"the start of {which}{where}"


def length(duration: m.Duration, units: Callable[[Decimal, str], str] | None = None) -> str:
    """A length of time in the largest unit that fits; `units` says so many of one, else English."""
    say = units or _units
    if duration.months:
        years, months = divmod(duration.months, 12)
        return say(Decimal(duration.months if months else years), "month" if months else "year")
    for unit in ("day", "hour", "minute"):
        amount, rest = divmod(duration.microseconds, UNIT_MICROSECONDS[unit.upper()])
        if not rest:
            return say(Decimal(amount), unit)
    return say(Decimal(duration.microseconds) / UNIT_MICROSECONDS["SECOND"], "second")


def _units(amount: Decimal, unit: str) -> str:
    return f"{plain(amount)} {unit}{'' if abs(amount) == 1 else 's'}"
