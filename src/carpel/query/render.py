"""The canonical text of a meaning: a bare condition, the same for all ways to write it."""

from __future__ import annotations

import re
from decimal import Decimal

from carpel.kit.numbers import plain

from . import meaning as m
from .catalogue import UNIT_MICROSECONDS

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_KEYWORDS = {
    "and", "or", "not", "is", "in", "like", "ilike", "between", "null", "true", "false", "select",
    "from", "where", "join", "inner", "on", "group", "having", "by", "as", "interval", "timestamp",
    "date", "order", "limit", "union", "current_timestamp", "distinct",
}  # fmt: skip
_TIGHTNESS = {"or": 1, "and": 2, "not": 3, "test": 4}


def render(condition: m.Condition) -> str:
    """The text; parsing it gives the same meaning again."""
    return _condition(condition, 0)


def render_name(name: str) -> str:
    """The text of a column's name, in quotes where it needs them."""
    return _name(name)


def render_constant(text: str) -> str:
    """The text of a text."""
    return _text(text)


def render_value(value: m.Value) -> str:
    """The text of one value."""
    return _value(value, 0)


def _condition(condition: m.Condition, outer: int) -> str:
    match condition:
        case m.Both() | m.Either():
            word = "and" if isinstance(condition, m.Both) else "or"
            tightness = _TIGHTNESS[word]
            text = f" {word.upper()} ".join(_condition(part, tightness) for part in condition.parts)
            return f"({text})" if tightness <= outer else text
        case m.Not():
            return _negation(condition, outer)
        case _:
            return _test(condition)


def _negation(condition: m.Not, outer: int) -> str:
    if isinstance(condition.part, m.Events):
        return _events(condition.part, "NOT IN")
    if isinstance(condition.part, m.Sequence):
        return _sequence(condition.part, "NOT IN")
    if isinstance(condition.part, m.InSegments):
        return _segments(condition.part, "NOT IN")
    text = "NOT " + _condition(condition.part, _TIGHTNESS["not"] - 1)
    if isinstance(condition.part, m.Both | m.Either):
        text = f"NOT ({_condition(condition.part, 0)})"
    return f"({text})" if outer >= _TIGHTNESS["test"] else text


def _test(condition: m.Condition) -> str:
    match condition:
        case m.Everyone():
            return "TRUE"
        case m.Compare():
            operator = condition.operator.upper()
            return f"{_value(condition.left, 0)} {operator} {_value(condition.right, 0)}"
        case m.Between():
            ends = f"{_value(condition.low, 0)} AND {_value(condition.high, 0)}"
            return f"{_value(condition.value, 0)} {_not(condition.negated)}BETWEEN {ends}"
        case m.OneOf():
            options = ", ".join(_constant(option) for option in condition.options)
            return f"{_value(condition.value, 0)} {_not(condition.negated)}IN ({options})"
        case m.Like():
            word = "ILIKE" if condition.ignore_case else "LIKE"
            left = f"{_value(condition.value, 0)} {_not(condition.negated)}{word}"
            return f"{left} {_text(condition.pattern)}"
        case m.Missing():
            return f"{_value(condition.value, 0)} IS {_not(condition.negated)}NULL"
        case m.Contains():
            return f"array_contains({_value(condition.value, 0)}, {_array(condition.members)})"
        case m.InLists():
            members = tuple(m.Constant(list_id) for list_id in condition.lists)
            return f"array_contains(list_ids, {_array(members)})"
        case m.Events():
            return _events(condition, "IN")
        case m.Sequence():
            return _sequence(condition, "IN")
        case m.InSegments():
            return _segments(condition, "IN")
        case m.Regexp():
            case = ", 'i'" if condition.ignore_case else ""
            return f"regexp_like({_value(condition.value, 0)}, {_text(condition.pattern)}{case})"
        case m.Both() | m.Either() | m.Not():
            return f"({_condition(condition, 0)})"


def _events(events: m.Events, word: str) -> str:
    where = f" WHERE {_condition(events.where, 0)}" if events.where is not None else ""
    having = ""
    if events.having is not None:
        having = f" GROUP BY contact_id HAVING {_condition(events.having, 0)}"
    return f"contact_id {word} (SELECT contact_id FROM event_data{where}{having})"


def _sequence(sequence: m.Sequence, word: str) -> str:
    text = _condition(sequence.first, 0)
    for then in sequence.then:
        text += f" FOLLOWED BY {_condition(then.where, 0)}"
        if then.within is not None:
            text += f" WITHIN {_duration(then.within)}"
    return f"contact_id {word} (SELECT contact_id FROM event_data WHERE {text})"


def _segments(condition: m.InSegments, word: str) -> str:
    names = ", ".join(map(_text, condition.segments))
    return f"contact_id {word} SEGMENT {names if len(condition.segments) == 1 else f'({names})'}"


def _not(negated: bool) -> str:  # noqa: FBT001
    return "NOT " if negated else ""


# --------------------------------------------------------------------- values


def _value(value: m.Value, outer: int) -> str:
    match value:
        case m.Constant():
            return _constant(value)
        case m.Timestamp():
            return f"TIMESTAMP {_text(value.text)}"
        case m.Duration():
            return _duration(value)
        case m.StartOf():
            shift = f", {value.shift}" if value.shift else ""
            zone = f", {_text(value.zone)}" if value.zone != "UTC" else ""
            return f"START_OF('{value.unit}'{shift}{zone})"
        case m.DaysToAnniversary():
            zone = f", {_text(value.zone)}" if value.zone != "UTC" else ""
            return f"DAYS_TO_ANNIVERSARY({_value(value.value, 0)}{zone})"
        case m.Bucket():
            salt = f", {_text(value.salt)}" if value.salt else ""
            return f"RANDOM_BUCKET({value.buckets}{salt})"
        case m.Now():
            return "NOW()"
        case m.Field():
            return _name(value.name)
        case m.EventColumn():
            return value.name
        case m.Property():
            return "properties." + ".".join(_path_name(part) for part in value.path)
        case m.Function():
            return f"{value.name.upper()}({_value(value.value, 0)})"
        case m.Concat():
            return f"CONCAT({', '.join(_value(part, 0) for part in value.parts)})"
        case m.Math():
            return _math(value, outer)
        case m.Aggregate():
            return _aggregate(value)


def _math(math: m.Math, outer: int) -> str:
    tightness = 1 if math.operator in ("+", "-") else 2
    text = f"{_value(math.left, tightness - 1)} {math.operator} {_value(math.right, tightness)}"
    return f"({text})" if tightness <= outer else text


def _aggregate(aggregate: m.Aggregate) -> str:
    inner = _value(aggregate.value, 0) if aggregate.value is not None else "*"
    if aggregate.name == "count distinct":
        return f"COUNT(DISTINCT {inner})"
    return f"{aggregate.name.upper()}({inner})"


def _constant(constant: m.Constant) -> str:
    value = constant.value
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return plain(value) if isinstance(value, Decimal) else _text(value)


def _array(members: tuple[m.Constant, ...]) -> str:
    if len(members) == 1:
        return _constant(members[0])
    return f"[{', '.join(_constant(member) for member in members)}]"


def _duration(duration: m.Duration) -> str:
    """One unit, the largest that fits; a sum of months and time cannot be written as one."""
    if duration.months:
        years, months = divmod(duration.months, 12)
        amount, unit = (duration.months, "MONTH") if months else (years, "YEAR")
        return f"INTERVAL '{amount}' {unit}"
    for unit in ("DAY", "HOUR", "MINUTE"):
        amount, rest = divmod(duration.microseconds, UNIT_MICROSECONDS[unit])
        if not rest:
            return f"INTERVAL '{amount}' {unit}"
    seconds = Decimal(duration.microseconds) / UNIT_MICROSECONDS["SECOND"]
    return f"INTERVAL '{plain(seconds)}' SECOND"


def _name(name: str) -> str:
    if _PLAIN_NAME.fullmatch(name) and name.lower() not in _KEYWORDS:
        return name
    return '"' + name.replace('"', '""') + '"'


def _path_name(name: str) -> str:
    """A part of a property's path: any word may stand after a dot."""
    return name if _PLAIN_NAME.fullmatch(name) else '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
