"""Attributes of a profile, read into fields (contracts/batch.md §4.1).

What cannot be taken is left out and named; the rest is kept.
"""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from carpel.domain.contacts import DraftChange
from carpel.domain.fields import FieldType
from carpel.kit.instants import parse_instant
from carpel.kit.numbers import NumberOutOfRange, exact

from .attribute_names import NATIVE, CustomName, field_of, read_key

MOST_ATTRIBUTES = 50
LONGEST_TEXT = 300
LONGEST_URL = 2_048
MOST_MEMBERS = 25

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")
_PHONE = re.compile(r"\+[1-9]\d{1,14}", re.ASCII)
_TWO_LETTERS = re.compile(r"[A-Za-z]{2}")


class Wrong(Exception):
    """A value cannot be taken; the message says why."""


@dataclass
class Reading:
    """A profile's attributes as fields.

    `types` are those of custom fields, for the ones that do not exist yet; `keys` says under which
    key each field was sent; `wrong` are the keys left out, with the reason.
    """

    fields: dict[str, Any] = field(default_factory=dict)
    changes: list[DraftChange] = field(default_factory=list)
    types: dict[str, FieldType] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    wrong: list[tuple[str, str]] = field(default_factory=list)


def read_attributes(given: dict[str, Any]) -> Reading:
    """All attributes of one item."""
    reading = Reading()
    for place, (key, value) in enumerate(given.items()):
        try:
            if place >= MOST_ATTRIBUTES:
                raise Wrong(f"an item has at most {MOST_ATTRIBUTES} attributes")
            if key.startswith("$"):
                _read_native(reading, key, value)
            else:
                _read_custom(reading, key, value)
        except Wrong as wrong:
            reading.wrong.append((key, str(wrong)))
    return reading


def read_value(name: CustomName, value: Any) -> tuple[Any, FieldType]:
    """A value that is neither null nor an object, and the type of field it wants.

    Raises:
        Wrong: it does not fit its key, or is too long.
    """
    match name.kind, value:
        case "date", str() if parse_instant(value) is not None:
            return value, "date"
        case "date", _:
            raise Wrong("a date is text such as 2023-08-12T22:30:05Z")
        case "url", str() if len(value) <= LONGEST_URL and _URL.fullmatch(value):
            return value, "text"
        case "url", _:
            raise Wrong(f"a URL has a scheme and at most {LONGEST_URL:,} characters")
        case _, bool():
            return value, "boolean"
        case _, int() | Decimal():
            return _number(value), "number"
        case _, str():
            return _text(value), "text"
        case _, list():
            return _members(value), "text-list"
        case _:
            raise Wrong("an attribute is text, a number, a boolean or an array of texts")


def _read_custom(reading: Reading, key: str, value: Any) -> None:
    name = read_key(key)
    if name is None:
        raise Wrong(
            "a name has 1 to 30 characters of a-z, 0-9 and _, as such or in date() or url()"
        )
    field_name = field_of(name.name)
    reading.keys[field_name] = key
    if isinstance(value, dict) and name.kind == "plain":
        _read_changes(reading, field_name, value)
        return
    if value is None:
        reading.fields[field_name] = None
        return
    reading.fields[field_name], wanted = read_value(name, value)
    reading.types.setdefault(field_name, wanted)


def _read_native(reading: Reading, key: str, value: Any) -> None:
    field_name = NATIVE.get(key)
    if field_name is None:
        raise Wrong(f"there is no native attribute {key}")
    reading.keys[field_name] = key
    if key == "$topic_preferences" and isinstance(value, dict):
        _read_changes(reading, field_name, value)
        return
    reading.fields[field_name] = None if value is None else _NATIVE_VALUES[key](value)
    if key not in ("$email_address", "$phone_number", "$region"):
        wanted: FieldType = "text-list" if key == "$topic_preferences" else "text"
        reading.types.setdefault(field_name, wanted)


def _read_changes(reading: Reading, field_name: str, value: dict[str, Any]) -> None:
    """`{"$add": […], "$remove": […]}`: decided when the change is made, against what is there."""
    if not value or not value.keys() <= {"$add", "$remove"}:
        raise Wrong("an object has $add or $remove, each an array of texts, and nothing else")
    changes = []
    if "$add" in value:
        changes.append(DraftChange(field_name, "join", _members(value["$add"])))
    if "$remove" in value:
        changes.append(DraftChange(field_name, "leave", _members(value["$remove"])))
    reading.changes.extend(changes)
    if "$add" in value:
        reading.types.setdefault(field_name, "text-list")


def _number(value: int | Decimal) -> int | Decimal:
    try:
        exact(value)
    except NumberOutOfRange as error:
        raise Wrong(str(error)) from None
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_TEXT or "\x00" in value:
        raise Wrong(f"a text has 1 to {LONGEST_TEXT} characters")
    return value


def _members(value: Any) -> list[str]:
    if not isinstance(value, list) or len(value) > MOST_MEMBERS:
        raise Wrong(f"an array has at most {MOST_MEMBERS} texts")
    return [_text(one) for one in value]


def _subscription(value: Any) -> str:
    if value not in ("subscribed", "unsubscribed"):
        raise Wrong("expected subscribed, unsubscribed or null")
    return str(value)


def _phone(value: Any) -> str:
    if not isinstance(value, str) or not _PHONE.fullmatch(value):
        raise Wrong("expected a phone number in the form of E.164, such as +33639981337")
    return value


def _language(value: Any) -> str:
    return _two_letters(value).lower()


def _region(value: Any) -> str:
    return _two_letters(value).upper()


def _two_letters(value: Any) -> str:
    if not isinstance(value, str) or not _TWO_LETTERS.fullmatch(value):
        raise Wrong("expected two letters")
    return value


def _time_zone(value: Any) -> str:
    if not isinstance(value, str) or value not in _zones():
        raise Wrong("expected the name of a time zone, such as Europe/Paris")
    return value


def _zones() -> set[str]:
    if not _known_zones:
        _known_zones.update(zoneinfo.available_timezones())
    return _known_zones


_known_zones: set[str] = set()
_NATIVE_VALUES: dict[str, Callable[[Any], Any]] = {
    "$email_address": _text,
    "$email_marketing": _subscription,
    "$phone_number": _phone,
    "$sms_marketing": _subscription,
    "$language": _language,
    "$region": _region,
    "$timezone": _time_zone,
    "$topic_preferences": _members,
}
