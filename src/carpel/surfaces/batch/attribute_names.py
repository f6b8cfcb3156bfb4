"""Which field of a contact each attribute of a profile is.

Native attributes (their names begin with `$`) are fields that other doors know too. A custom
attribute is the field of its own name; where that name means something else to a contact (`email`,
`country`, …) the field is called `custom_…`, so that what a team made up never writes over it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from carpel.domain.fields import RESERVED

Kind = Literal["plain", "date", "url"]

# contracts/batch.md §4.1
NATIVE: dict[str, str] = {
    "$email_address": "email",
    "$email_marketing": "email_subscribe",
    "$phone_number": "phone_number",
    "$sms_marketing": "sms_marketing",
    "$language": "language",
    "$region": "country",
    "$timezone": "time_zone",
    "$topic_preferences": "topic_preferences",
}

_TAKEN = frozenset(NATIVE.values()) | {
    field.name for field in RESERVED if field.role in ("identifier", "system")
}
_PREFIX = "custom_"
_KEY = re.compile(r"(?:(date|url)\()?([a-z0-9_]{1,30})(\))?")


@dataclass(frozen=True)
class CustomName:
    """A custom attribute's key, read: `date(birthdate)` is the date `birthdate`."""

    kind: Kind
    name: str


def read_key(key: str) -> CustomName | None:
    """The key of a custom attribute; None when it cannot be one (batch.md §4.1, limits)."""
    match = _KEY.fullmatch(key)
    if match is None or (match[1] is None) != (match[3] is None):
        return None
    kind: Kind = "date" if match[1] == "date" else "url" if match[1] == "url" else "plain"
    return CustomName(kind, match[2])


def field_of(name: str) -> str:
    """The field that holds a custom attribute. Different names give different fields."""
    rest = name
    while rest.startswith(_PREFIX):
        rest = rest.removeprefix(_PREFIX)
    return _PREFIX + name if rest in _TAKEN else name
