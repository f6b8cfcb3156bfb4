"""Looking through a meaning: its conditions, its values, and how a value reads in a message."""

from __future__ import annotations

from collections.abc import Iterator

from . import meaning as m


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
        case m.Like() | m.Missing() | m.Contains():
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
        case _:
            pass
    for part in inner:
        if part is not None:
            yield from walk(part)


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
        case m.Now():
            return "NOW()"
        case m.Timestamp():
            return f"TIMESTAMP '{value.text}'"
        case m.Aggregate():
            return f"{value.name.upper()}({shown(value.value) if value.value else '*'})"
        case m.Duration() | m.Math():
            return "this"
