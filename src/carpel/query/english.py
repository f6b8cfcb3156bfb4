"""A meaning in English, good enough to read aloud."""

from __future__ import annotations

from dataclasses import replace

from carpel.kit.words import joined

from . import meaning as m
from .catalogue import Catalogue
from .phrases import AT_LEAST, ago, constant, length, phrase, start_of
from .types import type_of

_OPPOSITE: dict[m.Operator, m.Operator] = {
    "=": "!=",
    "!=": "=",
    "<": ">=",
    ">=": "<",
    ">": "<=",
    "<=": ">",
    "is distinct from": "is not distinct from",
    "is not distinct from": "is distinct from",
}
_VOWELS = ("", "a", "e", "i", "o", "u")  # also of no name: an event


class English:
    """Says conditions and values."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def condition(self, condition: m.Condition) -> str:
        """A condition without a full stop, its first letter as it comes."""
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
            case m.InSegments():
                return f"is in {self._segments(condition)}"
            case m.Events():
                return self._events(condition, has=True)
            case m.Sequence():
                return self._sequence(condition, has=True)
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
            case m.InSegments():
                return f"is not in {self._segments(part)}"
            case m.Sequence():
                return self._sequence(part, has=False)
            case m.Regexp():
                return self._regexp(part, "does not match")
            case m.Events():
                return self._events(part, has=False)
            case m.Not():
                return self.condition(part.part)
            case m.Compare():
                return self._test(replace(part, operator=_OPPOSITE[part.operator]))
            case m.Between() | m.OneOf() | m.Like() | m.Missing():
                return self._test(replace(part, negated=not part.negated))
            case m.Contains():
                return f"{self.value(part.value)} does not contain {self._members(part)}"
            case _:
                return f"it is not so that {self._part(part)}"

    def _lists(self, condition: m.InLists) -> str:
        names = [f"“{self._catalogue.list_name(list_id)}”" for list_id in condition.lists]
        if len(names) == 1:
            return f"the list {names[0]}"
        return f"any of the lists {joined(names, 'or')}"

    def _segments(self, condition: m.InSegments) -> str:
        names = [f"“{self._catalogue.segment_name(one)}”" for one in condition.segments]
        if len(names) == 1:
            return f"the segment {names[0]}"
        return f"any of the segments {joined(names, 'or')}"

    # -------------------------------------------------------------------- tests

    def _test(self, test: m.Condition) -> str:
        match test:
            case m.Compare():
                return self._compare(test)
            case m.Between():
                word = "is not between" if test.negated else "is between"
                ends = f"{self.value(test.low)} and {self.value(test.high)}"
                return f"{self.value(test.value)} {word} {ends}"
            case m.OneOf():
                word = "is set and none of" if test.negated else "is one of"
                options = joined([self.value(option) for option in test.options], "or")
                return f"{self.value(test.value)} {word} {options}"
            case m.Like():
                return self._like(test)
            case m.Missing():
                return f"{self.value(test.value)} {'is set' if test.negated else 'is not set'}"
            case m.Contains():
                return f"{self.value(test.value)} contains {self._members(test)}"
            case m.Regexp():
                return self._regexp(test, "matches")
            case _:
                return self.condition(test)

    def _members(self, test: m.Contains) -> str:
        return joined([self.value(member) for member in test.members], "or")

    def _compare(self, test: m.Compare) -> str:
        left = self.value(test.left)
        since = ago(test.right)
        if since is not None and test.operator in (">", ">="):
            return f"{left} is within the last {since}"
        if since is not None and test.operator in ("<", "<="):
            return f"{left} is {'more than' if test.operator == '<' else 'at least'} {since} ago"
        kind = type_of(test.left, self._catalogue)
        if kind == "any":
            kind = type_of(test.right, self._catalogue)
        return f"{left} {phrase(test.operator, kind)} {self.value(test.right)}"

    def _like(self, test: m.Like) -> str:
        pattern, value = test.pattern, self.value(test.value)
        inner = pattern.strip("%")
        shapes = {
            inner: ("is", "is set and not"),
            f"%{inner}": ("ends with", "does not end with"),
            f"{inner}%": ("starts with", "does not start with"),
            f"%{inner}%": ("contains", "does not contain"),
        }
        case = ", in any case of letters" if test.ignore_case else ""
        if inner and not any(sign in inner for sign in "%_\\") and pattern in shapes:
            return f"{value} {shapes[pattern][test.negated]} “{inner}”{case}"
        return f"{value} {'does not match' if test.negated else 'matches'} “{pattern}”{case}"

    def _regexp(self, test: m.Regexp, verb: str) -> str:
        case = ", in any case of letters" if test.ignore_case else ""
        return f"{self.value(test.value)} {verb} the expression “{test.pattern}”{case}"

    # ------------------------------------------------------------------- events

    def _sequence(self, sequence: m.Sequence, *, has: bool) -> str:
        """`has a “visit” event, and then within 7 days a “purchase” event`."""
        text = f"{'has' if has else 'does not have'} {self._one_event(sequence.first)}"
        for then in sequence.then:
            within = f" within {length(then.within)}" if then.within is not None else ""
            text += f", and then{within} {self._one_event(then.where)}"
        return text

    def _one_event(self, where: m.Condition) -> str:
        anything = isinstance(where, m.Everyone)
        return self._events(m.Events(None if anything else where), has=True).removeprefix("has ")

    def _events(self, events: m.Events, *, has: bool) -> str:
        """`has at least 3 “purchase” events in the last 90 days where …`."""
        parts: tuple[m.Condition, ...] = ()
        if events.where is not None:
            parts = events.where.parts if isinstance(events.where, m.Both) else (events.where,)
        types = [part for part in parts if _type_name(part) is not None]
        recent = [part for part in parts if _recent(part) is not None]
        rest = [part for part in parts if part not in types and part not in recent]
        if len(types) > 1:
            rest, types = [*types, *rest], []
        if len(recent) > 1:
            rest, recent = [*recent, *rest], []
        name = f"“{_type_name(types[0])}” " if types else ""
        tail = f" in the last {_recent(recent[0])}" if recent else ""
        if rest:
            tail += f" where {' and '.join(self._part(part) for part in rest)}"
        return self._counted(events.having, name, tail, has=has)

    def _counted(self, having: m.Condition | None, name: str, tail: str, *, has: bool) -> str:
        verb = "has" if has else "does not have"
        if having is None:
            article = "any" if not has else "an" if name[1:2].lower() in _VOWELS else "a"
            return f"{verb} {article} {name}event{tail}"
        match having:
            case m.Compare(
                operator="=" | "<" | "<=" | ">" | ">=" as operator,
                left=m.Aggregate(value=None),
                right=m.Constant() as number,
            ):
                return f"{verb} {AT_LEAST[operator]} {constant(number)} {name}events{tail}"
            case _:
                return f"{verb} {name}events{tail} whose {self._part(having)}"

    # ------------------------------------------------------------------- values

    def value(self, value: m.Value, *, inner: bool = False) -> str:
        """A value; `inner`: it stands inside a calculation."""
        match value:
            case m.Constant():
                return constant(value)
            case m.Timestamp():
                return f"“{value.text}”"
            case m.Duration():
                return length(value)
            case m.Now():
                return "now"
            case m.Field():
                return value.name.replace("_", " ")
            case m.EventColumn():
                names = {"event_type": "type", "event_source": "source", "timestamp": "time"}
                return f"its {names.get(value.name, 'id')}"
            case m.Property():
                return "its " + ".".join(value.path).replace("_", " ")
            case m.Function():
                words = {"lower": "in small letters", "upper": "in capitals", "trim": "trimmed"}
                shown = self.value(value.value)
                if value.name == "length":
                    return f"the length of {shown}"
                return f"{shown} {words[value.name]}"
            case m.StartOf():
                return start_of(value)
            case m.DaysToAnniversary():
                where = "" if value.zone == "UTC" else f" (days of {value.zone})"
                return f"the days to the next anniversary of {self.value(value.value)}{where}"
            case m.Bucket():
                shuffled = f" shuffled by “{value.salt}”" if value.salt else ""
                return f"its number among {value.buckets} random groups{shuffled}"
            case m.Concat():
                return " followed by ".join(self.value(part) for part in value.parts)
            case m.Math():
                return self._math(value, inner=inner)
            case m.Aggregate():
                return self._aggregate(value)

    def _math(self, value: m.Math, *, inner: bool) -> str:
        since = ago(value)
        if since is not None:
            return f"{since} ago"
        left = self.value(value.left, inner=True)
        right = self.value(value.right, inner=True)
        text = f"{left} {value.operator} {right}"
        return f"({text})" if inner else text

    def _aggregate(self, value: m.Aggregate) -> str:
        if value.value is None:
            return "number"
        of = self.value(value.value).removeprefix("its ")
        words = {
            "count": "number of",
            "count distinct": "number of different",
            "sum": "total",
            "avg": "average",
            "min": "first" if of == "time" else "least",
            "max": "last" if of == "time" else "greatest",
            "first": "first",
            "last": "last",
        }
        return f"{words[value.name]} {of}"


def _type_name(part: m.Condition) -> str | None:
    """The type that a condition on events asks for, when that is all it asks."""
    match part:
        case m.Compare(
            operator="=",
            left=m.EventColumn(name="event_type"),
            right=m.Constant(value=str() as name),
        ):
            return name
        case _:
            return None


def _recent(part: m.Condition) -> str | None:
    """How long ago an event may lie, when that is all a condition asks."""
    match part:
        case m.Compare(operator=">" | ">=", left=m.EventColumn(name="timestamp")):
            return ago(part.right)
        case _:
            return None
