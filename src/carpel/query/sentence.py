"""The meaning as an English sentence, good enough to read aloud."""

from __future__ import annotations

from decimal import Decimal

from carpel.kit.numbers import plain
from carpel.kit.words import joined

from . import meaning as m
from .catalogue import UNIT_MICROSECONDS, Catalogue

_PHRASES: dict[m.Operator, str] = {
    "=": "is",
    "!=": "is set and not",
    "<": "is less than",
    "<=": "is at most",
    ">": "is more than",
    ">=": "is at least",
    "is distinct from": "is not",
    "is not distinct from": "is",
}
_DATE_PHRASES: dict[m.Operator, str] = {
    **_PHRASES,
    "<": "is before",
    "<=": "is at or before",
    ">": "is after",
    ">=": "is at or after",
}
_WITHIN: dict[m.Operator, str] = {
    ">": "is within the last", ">=": "is within the last",
    "<": "is more than", "<=": "is at least",
}  # fmt: skip


def sentence(condition: m.Condition, catalogue: Catalogue) -> str:
    """One sentence without a full stop, its first letter large."""
    text = _Speaker(catalogue).condition(condition)
    return text[:1].upper() + text[1:]


class _Speaker:
    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def condition(self, condition: m.Condition) -> str:
        match condition:
            case m.Both():
                return " and ".join(self._part(part) for part in condition.parts)
            case m.Either():
                return "either " + " or ".join(self._part(part) for part in condition.parts)
            case m.Not():
                return self._negation(condition.part)
            case m.Everyone():
                return "everyone"
            case m.InLists():
                return f"is in {self._lists(condition)}"
            case m.Events():
                return self._events(condition, "has")
            case _:
                return self._test(condition)

    def _part(self, part: m.Condition) -> str:
        text = self.condition(part)
        return f"({text})" if isinstance(part, m.Both | m.Either) else text

    def _negation(self, part: m.Condition) -> str:
        match part:
            case m.Everyone():
                return "no one"
            case m.InLists():
                return f"is not in {self._lists(part)}"
            case m.Events():
                return self._events(part, "does not have")
            case m.Not():
                return self.condition(part.part)
            case _:
                return f"it is not so that {self._part(part)}"

    def _lists(self, condition: m.InLists) -> str:
        names = [f"“{self._catalogue.list_name(list_id)}”" for list_id in condition.lists]
        return f"the list {names[0]}" if len(names) == 1 else f"any of the lists {joined(names, 'or')}"

    # -------------------------------------------------------------------- tests

    def _test(self, test: m.Condition) -> str:
        match test:
            case m.Compare():
                return self._compare(test)
            case m.Between():
                word = "is not between" if test.negated else "is between"
                return f"{self.value(test.value)} {word} {self.value(test.low)} and {self.value(test.high)}"
            case m.OneOf():
                word = "is set and none of" if test.negated else "is one of"
                options = [self.value(option) for option in test.options]
                return f"{self.value(test.value)} {word} {joined(options, 'or')}"
            case m.Like():
                return self._like(test)
            case m.Missing():
                return f"{self.value(test.value)} {'is set' if test.negated else 'is not set'}"
            case m.Contains():
                members = [self.value(member) for member in test.members]
                return f"{self.value(test.value)} contains {joined(members, 'or')}"
            case _:
                return self.condition(test)

    def _compare(self, test: m.Compare) -> str:
        left = self.value(test.left)
        ago = _ago(test.right)
        if ago is not None and test.operator in _WITHIN:
            phrase = _WITHIN[test.operator]
            return f"{left} {phrase} {ago}" + ("" if "within" in phrase else " ago")
        dated = self._is_date(test.left) or self._is_date(test.right)
        phrase = (_DATE_PHRASES if dated else _PHRASES)[test.operator]
        return f"{left} {phrase} {self.value(test.right)}"

    def _like(self, test: m.Like) -> str:
        pattern, value = test.pattern, self.value(test.value)
        inner = pattern.strip("%")
        plain_inner = inner and not any(sign in inner for sign in "%_\\")
        shapes = {
            f"%{inner}%": ("contains", "does not contain"),
            f"{inner}%": ("starts with", "does not start with"),
            f"%{inner}": ("ends with", "does not end with"),
            inner: ("is", "is set and not"),
        }
        case = ", in any case of letters" if test.ignore_case else ""
        if plain_inner and pattern in shapes:
            return f"{value} {shapes[pattern][test.negated]} “{inner}”{case}"
        return f"{value} {'does not match' if test.negated else 'matches'} “{pattern}”{case}"

    # ------------------------------------------------------------------- events

    def _events(self, events: m.Events, verb: str) -> str:
        """`has at least 3 “purchase” events where …`."""
        parts = events.where.parts if isinstance(events.where, m.Both) else (events.where,)
        types = [part for part in parts if isinstance(part, m.Compare) and _is_type(part)]
        rest = [part for part in parts if part is not None and part not in types]
        name = f"“{_type_name(types[0])}” " if len(types) == 1 else ""
        rest = [*types, *rest] if len(types) > 1 else rest
        where = f" where {' and '.join(self._part(part) for part in rest)}" if rest else ""
        if events.having is None:
            return f"{verb} {'any' if verb == 'does not have' else 'a'} {name}event{where}"
        return f"{verb} {name}events{where} whose {self._part(events.having)}"

    # ------------------------------------------------------------------- values

    def value(self, value: m.Value) -> str:
        match value:
            case m.Constant():
                return _constant(value)
            case m.Duration():
                return _length(value)
            case m.Now():
                return "now"
            case m.Field():
                return value.name
            case m.EventColumn():
                return {"event_type": "its type", "event_source": "its source",
                        "timestamp": "its time", "event_id": "its id"}[value.name]  # fmt: skip
            case m.Property():
                return "its " + ".".join(value.path)
            case m.Function():
                return f"the {value.name} of {self.value(value.value)}"
            case m.Math():
                return _ago_value(value) or (
                    f"{self.value(value.left)} {value.operator} {self.value(value.right)}"
                )
            case m.Aggregate():
                return self._aggregate(value)

    def _aggregate(self, value: m.Aggregate) -> str:
        if value.value is None:
            return "number"
        inner = self.value(value.value).removeprefix("its ")
        words = {"count": "number of", "count distinct": "number of different", "sum": "total",
                 "avg": "average", "min": "first" if inner == "time" else "least",
                 "max": "last" if inner == "time" else "greatest"}  # fmt: skip
        return f"{words[value.name]} {inner}"

    def _is_date(self, value: m.Value) -> bool:
        match value:
            case m.Now():
                return True
            case m.EventColumn():
                return value.name == "timestamp"
            case m.Field():
                known = self._catalogue.find_field(value.name)
                return known is not None and known.type == "date"
            case m.Aggregate():
                return value.value is not None and self._is_date(value.value)
            case m.Math():
                return self._is_date(value.left) or self._is_date(value.right)
            case _:
                return False


def _constant(constant: m.Constant) -> str:
    value = constant.value
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    return plain(value) if isinstance(value, Decimal) else f"“{value}”"


def _is_type(test: m.Compare) -> bool:
    return (
        test.operator == "="
        and isinstance(test.left, m.EventColumn)
        and test.left.name == "event_type"
        and isinstance(test.right, m.Constant)
    )


def _type_name(test: m.Compare) -> str:
    return str(test.right.value) if isinstance(test.right, m.Constant) else ""


def _ago(value: m.Value) -> str | None:
    """`90 days` for NOW() - INTERVAL '90' DAY and for NOW() + INTERVAL '-90' DAY."""
    if not isinstance(value, m.Math) or not isinstance(value.left, m.Now):
        return None
    if not isinstance(value.right, m.Duration):
        return None
    sign = -1 if value.operator == "-" else 1
    length = m.Duration(sign * value.right.months, sign * value.right.microseconds)
    if length.months > 0 or length.microseconds > 0:
        return None
    return _length(m.Duration(-length.months, -length.microseconds))


def _ago_value(value: m.Math) -> str | None:
    ago = _ago(value)
    return f"{ago} ago" if ago is not None else None


def _length(duration: m.Duration) -> str:
    amount: int | Decimal
    if duration.months:
        years, months = divmod(duration.months, 12)
        amount, unit = (duration.months, "month") if months else (years, "year")
    else:
        for word in ("DAY", "HOUR", "MINUTE", "SECOND"):
            amount, rest = divmod(duration.microseconds, UNIT_MICROSECONDS[word])
            unit = word.lower()
            if not rest:
                break
        else:
            amount = Decimal(duration.microseconds) / UNIT_MICROSECONDS["SECOND"]
    return f"{plain(Decimal(amount))} {unit}{'' if abs(amount) == 1 else 's'}"
