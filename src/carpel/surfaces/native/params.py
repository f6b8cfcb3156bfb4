"""Parameters of queries: read by one rule, which the description of the API shows as well."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from carpel.kit.instants import parse_instant
from carpel.kit.words import nearest

from .problems import Problem

_LONGEST_NUMBER = 19
_TEXTS = {"type": "array", "items": {"type": "string"}}


@dataclass(frozen=True)
class Param:
    """One parameter. `read` makes a value of its text, or raises ValueError with what it should be."""

    name: str
    about: str
    schema: dict[str, Any]
    read: Callable[[str], Any]
    default: Any = None
    many: bool = False

    @property
    def is_text(self) -> bool:
        """Whether any text will do; an empty one is then as good as none."""
        return self.schema in ({"type": "string"}, _TEXTS)


def number(
    name: str, about: str, *, most: int, default: int | None = None, least: int = 1
) -> Param:
    """A whole number within bounds."""

    def read(value: str) -> int:
        digits = value.isascii() and value.isdigit() and len(value) <= _LONGEST_NUMBER
        if not digits or not least <= int(value) <= most:
            raise ValueError(f"a whole number from {least} to {most}")
        return int(value)

    schema: dict[str, Any] = {"type": "integer", "minimum": least, "maximum": most}
    if default is not None:
        schema["default"] = default
    return Param(name, about, schema, read, default)


def text(name: str, about: str) -> Param:
    """Any text."""
    return Param(name, about, {"type": "string"}, str)


def texts(name: str, about: str) -> Param:
    """Several texts: repeated, or with commas between."""

    def read(value: str) -> list[str]:
        return [part.strip() for part in value.split(",") if part.strip()]

    return Param(name, about, _TEXTS, read, default=(), many=True)


def choice(name: str, about: str, options: Iterable[str], default: str | None = None) -> Param:
    """One of some words."""
    words = tuple(options)

    def read(value: str) -> str:
        if value not in words:
            raise ValueError(f"one of {', '.join(words)}")
        return value

    schema: dict[str, Any] = {"type": "string", "enum": list(words)}
    if default is not None:
        schema["default"] = default
    return Param(name, about, schema, read, default)


def instant(name: str, about: str) -> Param:
    """An instant, as microseconds since 1970."""

    def read(value: str) -> int:
        # A + of a zone that was not encoded arrives as a space.
        found = parse_instant(value.replace(" ", "+") if "T" in value else value)
        if found is None:
            raise ValueError("a date such as 2026-01-31T12:00:00Z")
        return found

    return Param(name, about, {"type": "string", "format": "date-time"}, read)


def read_all(request: Request, params: Iterable[Param]) -> dict[str, Any]:
    """What a request gives, by name; defaults for what it does not give.

    Raises:
        Problem: a parameter is unknown, or has a value that it cannot have.
    """
    known = {param.name: param for param in params}
    found = {param.name: param.default for param in known.values()}
    for name, value in request.query_params.multi_items():
        param = known.get(name.removesuffix("[]"))
        if param is None:
            near = nearest(name, known)
            hint = f"; did you mean {near}?" if near else ""
            raise _bad(name, f"there is no parameter {name!r} here{hint}")
        if value == "" and param.is_text:
            continue
        try:
            read = param.read(value)
        except ValueError as error:
            raise _bad(name, f"{name} is {error}") from None
        found[param.name] = [*found[param.name], *read] if param.many else read
    return found


def _bad(name: str, detail: str) -> Problem:
    return Problem(400, "bad_parameter", detail, more={"parameter": name})


LIMIT = number("limit", "How many items a page has at most.", most=1_000, default=100)
CURSOR = text("cursor", "Where the page begins: `next_cursor` of the page before.")
