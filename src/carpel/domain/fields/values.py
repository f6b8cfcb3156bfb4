"""A field's value in its three forms: as JSON, as text in a file, and as it is stored.

Stored: text as it is; a number as its canonical decimal text; a date as microseconds since 1970;
a boolean as it is; a text list as a list without repeats; an object as its JSON text.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from carpel.kit.instants import format_instant, parse_instant
from carpel.kit.numbers import NumberOutOfRange, canonical, exact, plain

from . import objects
from .model import FieldType
from .objects import BadValue

Stored = str | int | bool | list[str]

LONGEST_TEXT = 10_000
MOST_MEMBERS = 1_000


def from_json(field_type: FieldType, value: Any) -> Stored:
    """The stored form of a JSON value (numbers come as int or Decimal).

    Raises:
        BadValue: the value is of another type, or too large.
    """
    return CONVERTERS[field_type](value)


def from_text(field_type: FieldType, text: str) -> Stored:
    """The stored form of a value in a text file; the text is not empty.

    Raises:
        BadValue: the text does not read as the type.
    """
    match field_type:
        case "text":
            return _text(text)
        case "number":
            return _number_text(text.strip())
        case "date":
            return _date(text.strip())
        case "boolean":
            word = text.strip().lower()
            if word in ("true", "false"):
                return word == "true"
            raise BadValue(f"expected true or false, got {_shown(text)}")
        case "text-list":
            return _text_list(_members(text))
        case "object":
            return objects.from_text(text)


def to_json(field_type: FieldType, stored: Stored) -> Any:
    """The JSON value: numbers as int or Decimal, dates as RFC 3339."""
    if field_type == "number" and isinstance(stored, str):
        return Decimal(stored)
    if field_type == "date" and isinstance(stored, int):
        return format_instant(stored)
    if field_type == "object" and isinstance(stored, str):
        return objects.read(stored)
    return stored


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise BadValue(f"expected text, got {_shown(value)}")
    if len(value) > LONGEST_TEXT:
        raise BadValue(f"text of {len(value):,} characters; at most {LONGEST_TEXT:,} are kept")
    if "\x00" in value:
        raise BadValue("text with a null character cannot be kept")
    return value


def _number(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise BadValue(f"expected a number, got {_shown(value)}")
    try:
        return canonical(value)
    except NumberOutOfRange as error:
        raise BadValue(str(error)) from None


def _number_text(text: str) -> str:
    try:
        if not text.isascii() or "_" in text:
            raise ValueError(text)
        return plain(exact(text))
    except NumberOutOfRange as error:
        raise BadValue(str(error)) from None
    except ValueError:
        raise BadValue(f"expected a number, got {_shown(text)}") from None


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise BadValue(f"expected true or false, got {_shown(value)}")


def _date(value: Any) -> int:
    instant = parse_instant(value) if isinstance(value, str) else None
    if instant is None:
        raise BadValue(f"expected a date such as 2026-01-31T12:00:00Z, got {_shown(value)}")
    return instant


def _text_list(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise BadValue(f"expected a list of texts, got {_shown(value)}")
    members = list(dict.fromkeys(_text(member) for member in value))
    if len(members) > MOST_MEMBERS:
        raise BadValue(f"a list of {len(members):,} texts; at most {MOST_MEMBERS:,} are kept")
    return members


def _members(text: str) -> list[Any]:
    """A list in a text file: a JSON array, or members with semicolons between."""
    if text.lstrip().startswith("["):
        try:
            found = json.loads(text)
        except ValueError:
            raise BadValue(f"expected a JSON array, got {_shown(text)}") from None
        return found if isinstance(found, list) else [found]
    return [member.strip() for member in text.split(";") if member.strip()]


def _shown(value: Any) -> str:
    """A value in a message, cut to a sensible length."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = value if isinstance(value, str) else str(value)
    text = text if len(text) <= 60 else text[:57] + "…"  # noqa: PLR2004
    return f"“{text}”" if isinstance(value, str) else text


# What makes the stored form of each type out of a JSON value.
CONVERTERS: dict[FieldType, Callable[[Any], Stored]] = {
    "text": _text,
    "number": _number,
    "date": _date,
    "boolean": _boolean,
    "text-list": _text_list,
    "object": objects.from_json,
}
