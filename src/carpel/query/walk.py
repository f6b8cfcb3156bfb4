"""Looking through a meaning: its conditions, its values, and how a value reads in a message."""

from __future__ import annotations

from collections.abc import Iterator

from . import meaning as m

# The same for text and document, so that what one can say the other can. Texts take a few levels
# more, for what a condition needs around it, and documents no fewer.
DEEPEST = 60
MOST_OPERATORS = 64


def values(condition: m.Condition) -> Iterator[m.Value]:
    """The values that one test compares."""
    match condition:
        case m.Compare():
            yield condition.left
            yield condition.right
        case m.Between():
            yield condition.value
            yield condition.low
            yield condition.high
        case m.OneOf():
            yield condition.value
            yield from condition.options
        case m.Like() | m.Regexp() | m.Missing() | m.Contains():
            yield condition.value
        case _:
            return


def walk(condition: m.Condition) -> Iterator[m.Condition]:
    """The condition and everything inside it."""
    yield condition
    inner: tuple[m.Condition | None, ...] = ()
    match condition:
        case m.Both() | m.Either():
            inner = condition.parts
        case m.Not():
            inner = (condition.part,)
        case m.Events():
            inner = (condition.where, condition.having)
        case m.Sequence():
            inner = (condition.first, *(then.where for then in condition.then))
        case _:
            pass
    for part in inner:
        if part is not None:
            yield from walk(part)


def depth(condition: m.Condition) -> int:
    """How deep the document of a condition is nested."""
    match condition:
        case m.Both() | m.Either():
            return 1 + max(depth(part) for part in condition.parts)
        case m.Not():
            return 1 + depth(condition.part)
        case m.Sequence():
            inner = (condition.first, *(then.where for then in condition.then))
            return 2 + max(map(depth, inner))
        case m.Events():
            parts = (part for part in (condition.where, condition.having) if part is not None)
            return 1 + max(map(depth, parts), default=0)
        case _:
            return 1 + max(map(_value_depth, values(condition)), default=0)


def operators(condition: m.Condition) -> int:
    """How many times one test calculates."""
    return sum(map(_value_operators, values(condition)))


def _value_depth(value: m.Value) -> int:
    return 1 + max(map(_value_depth, _within(value)), default=0)


def _value_operators(value: m.Value) -> int:
    return isinstance(value, m.Math) + sum(map(_value_operators, _within(value)))


def _within(value: m.Value) -> tuple[m.Value, ...]:
    match value:
        case m.Math():
            return (value.left, value.right)
        case m.Function() | m.DaysToAnniversary():
            return (value.value,)
        case m.Concat():
            return value.parts
        case m.Aggregate():
            return () if value.value is None else (value.value,)
        case _:
            return ()


def is_null(value: m.Value) -> bool:
    """Whether it is NULL as written."""
    return isinstance(value, m.Constant) and value.value is None


def shown(value: m.Value) -> str:
    """A value in a message."""
    match value:
        case m.Constant():
            if isinstance(value.value, str):
                return f"'{value.value}'"
            return str(value.value).upper() if isinstance(value.value, bool) else str(value.value)
        case m.Field():
            return value.name
        case m.EventColumn():
            return value.name
        case m.Property():
            return "properties." + ".".join(value.path)
        case m.Function():
            return f"{value.name.upper()}({shown(value.value)})"
        case m.Concat():
            return f"CONCAT({', '.join(map(shown, value.parts))})"
        case m.StartOf():
            return f"START_OF('{value.unit}')"
        case m.DaysToAnniversary():
            return f"DAYS_TO_ANNIVERSARY({shown(value.value)})"
        case m.Bucket():
            return f"RANDOM_BUCKET({value.buckets})"
        case m.Now():
            return "NOW()"
        case m.Timestamp():
            return f"TIMESTAMP '{value.text}'"
        case m.Aggregate():
            return f"{value.name.upper()}({shown(value.value) if value.value else '*'})"
        case m.Duration() | m.Math():
            return "this"
