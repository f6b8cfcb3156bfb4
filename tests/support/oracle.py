"""The oracle: who is in a segment, worked out slowly in plain Python.

Written from the description of the language, by someone who had not read the engine. It walks the
meaning of a query for one contact at a time, with SQL's three truths: True, False and None.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from carpel.query import meaning as m
from support.oracle_reading import Kind, like, lower, regexp
from support.oracle_values import Contact, Event, Row, Unanswerable, kind_of, work_out

Truth: TypeAlias = bool | None
Test: TypeAlias = m.Compare | m.Between | m.OneOf | m.Like | m.Regexp | m.Missing | m.Contains


@dataclass(frozen=True)
class World:
    """Everything that is known: contacts and events as dicts, and the types of the fields."""

    contacts: tuple[Contact, ...]
    events: tuple[Event, ...]
    kinds: Mapping[str, Kind]
    segments: dict[str, m.Condition] = field(default_factory=dict)  # rules by id


def members(condition: m.Condition, world: World, now: int) -> set[str]:
    """The ids of the contacts for whom the condition is TRUE."""
    return {
        contact["id"]
        for contact in world.contacts
        if truth(condition, _row(contact, world, now)) is True
    }


def _row(contact: Contact, world: World, now: int) -> Row:
    events = tuple(event for event in world.events if event["contact"] == contact["id"])
    return Row(contact, events, world.kinds, now, segments=world.segments)


def truth(condition: m.Condition, row: Row) -> Truth:
    """TRUE, FALSE or not known."""
    match condition:
        case m.Everyone():
            return True
        case m.Not(part=part):
            return _negated(truth(part, row), negated=True)
        case m.Both(parts=parts):
            return every(truth(part, row) for part in parts)
        case m.Either(parts=parts):
            return some(truth(part, row) for part in parts)
        case m.Events():
            return _events(condition, row)
        case m.Sequence():
            return _sequence(condition, row)
        case m.InSegments(segments=segments):
            return any(truth(row.segments[one], row) is True for one in segments)
        case m.InLists(lists=lists):
            return any(one in row.contact["lists"] for one in lists)
        case _:
            return _test(condition, row)


def _test(condition: Test, row: Row) -> Truth:
    match condition:
        case m.Compare(operator=operator, left=left, right=right):
            return _compare(operator, left, right, row)
        case m.Between():
            low = _compare(">=", condition.value, condition.low, row)
            high = _compare("<=", condition.value, condition.high, row)
            return _negated(every((low, high)), condition.negated)
        case m.OneOf(value=value, options=options):
            found = some(_compare("=", value, option, row) for option in options)
            return _negated(found, condition.negated)
        case m.Like():
            return _negated(_like(condition, row), condition.negated)
        case m.Missing(value=value):
            return (_present(value, row) is None) != condition.negated
        case m.Contains():
            return _contains(condition, row)
        case m.Regexp():
            return _regexp(condition, row)


def every(truths: Iterable[Truth]) -> Truth:
    seen = list(truths)
    if False in seen:
        return False
    return None if None in seen else True


def some(truths: Iterable[Truth]) -> Truth:
    seen = list(truths)
    if True in seen:
        return True
    return None if None in seen else False


def _negated(found: Truth, negated: bool) -> Truth:  # noqa: FBT001
    return found if found is None or not negated else not found


def _present(value: m.Value, row: Row) -> Any:
    """The value as it is, of whatever type."""
    return work_out(value, kind_of(value, row), row)


def _compare(operator: m.Operator, left: m.Value, right: m.Value, row: Row) -> Truth:
    left, right = _months_moved(left, right)
    kind = _common(left, right, row)
    one, other = work_out(left, kind, row), work_out(right, kind, row)
    if operator in ("is distinct from", "is not distinct from"):
        same = one is None and other is None
        if one is not None and other is not None:
            same = _order(kind, one, other) == 0
        return same == (operator == "is not distinct from")
    if one is None or other is None:
        return None
    order = _order(kind, one, other)
    answers = {"=": order == 0, "!=": order != 0, "<": order < 0, ">": order > 0}
    answers |= {"<=": order <= 0, ">=": order >= 0}
    return answers[operator]


def _months_moved(left: m.Value, right: m.Value) -> tuple[m.Value, m.Value]:
    """`NOW() - x > 1 month` asks whether a month before now is after x: months count from now."""
    match left, right:
        case m.Math("-", m.Now(), date), m.Duration() if right.months:
            return m.Math("-", m.Now(), right), date
        case m.Math("-", date, m.Now()), m.Duration() if right.months:
            return date, m.Math("+", m.Now(), right)
        case m.Duration(), m.Math("-") if left.months:
            return _months_moved(right, left)[::-1]
        case _:
            return left, right


def _common(left: m.Value, right: m.Value, row: Row) -> Kind:
    """The type in which two values are compared."""
    one, other = kind_of(left, row), kind_of(right, row)
    if one == other:
        if one == "any" and not (_is_null(left) or _is_null(right)):
            raise Unanswerable("two sides without a type")
        return one
    if "any" in (one, other):
        return other if one == "any" else one
    for value, beside in ((left, other), (right, one)):
        if isinstance(value, m.Constant) and isinstance(value.value, str) and beside == "date":
            return "date"
    raise Unanswerable(f"{one} beside {other}")


def _is_null(value: m.Value) -> bool:
    return isinstance(value, m.Constant) and value.value is None


def _order(kind: Kind, one: Any, other: Any) -> int:
    """Below, at or above zero; texts by code point."""
    if kind == "text-list":
        raise Unanswerable("lists compared")
    if kind == "text":
        one, other = [ord(letter) for letter in one], [ord(letter) for letter in other]
    if kind == "duration":
        if one.months or other.months:
            raise Unanswerable("months compared")
        one, other = one.microseconds, other.microseconds
    return int(one > other) - int(one < other)


def _like(condition: m.Like, row: Row) -> Truth:
    text, pattern = work_out(condition.value, "text", row), condition.pattern
    if text is None:
        return None
    if condition.ignore_case:
        text, pattern = lower(text), lower(pattern)
    return like(text, pattern)


def _regexp(condition: m.Regexp, row: Row) -> Truth:
    text = work_out(condition.value, "text", row)
    return None if text is None else regexp(text, condition.pattern, condition.ignore_case)


def _sequence(condition: m.Sequence, row: Row) -> bool:
    """Tried from every event that fits first."""
    return any(
        _goes_on(event, condition.then, row)
        for event in row.events
        if _fits(condition.first, row, event)
    )


def _goes_on(before: Event, steps: tuple[m.Then, ...], row: Row) -> bool:
    if not steps:
        return True
    step, *rest = steps
    return any(
        event["time"] > before["time"]
        and (step.within is None or event["time"] - before["time"] <= step.within.microseconds)
        and _fits(step.where, row, event)
        and _goes_on(event, tuple(rest), row)
        for event in row.events
    )


def _contains(condition: m.Contains, row: Row) -> Truth:
    held = work_out(condition.value, "text-list", row)
    if held is None:
        return None
    return any(member.value in held for member in condition.members)


def _events(condition: m.Events, row: Row) -> bool:
    """Whether events fit; `having` is asked only when some do."""
    fitting = tuple(event for event in row.events if _fits(condition.where, row, event))
    if not fitting or condition.having is None:
        return bool(fitting)
    return truth(condition.having, replace(row, event=None, group=fitting)) is True


def _fits(where: m.Condition | None, row: Row, event: Event) -> bool:
    return where is None or truth(where, replace(row, event=event, group=())) is True
