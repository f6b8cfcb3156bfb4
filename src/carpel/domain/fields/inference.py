"""The type of a field nobody has declared, from all its values."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from carpel.kit.instants import parse_instant
from carpel.kit.numbers import WHOLE_DIGITS

from .model import FieldType

# A leading zero or plus means a code or a phone number, which as a number would lose it.
_NUMBER = re.compile(rf"-?(0|[1-9]\d{{0,{WHOLE_DIGITS - 1}}})(\.\d+)?([eE][+-]?\d{{1,2}})?")


def type_of_json(value: Any) -> FieldType:
    """The type a JSON value (not null) suggests."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | Decimal):
        return "number"
    if isinstance(value, dict) or (isinstance(value, list) and any(map(_is_object, value))):
        return "object"
    if isinstance(value, list):
        return "text-list"
    return "date" if isinstance(value, str) and parse_instant(value) is not None else "text"


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


class TypeGuess:
    """Looks at every value of a column and ends with the one type that fits all."""

    def __init__(self) -> None:
        self._number = self._boolean = self._date = True
        self._seen = False
        self._json: FieldType | None = None

    def text(self, value: str) -> None:
        """A non-empty value from a text file."""
        self._seen = True
        if self._number and not _NUMBER.fullmatch(value):
            self._number = False
        if self._boolean and value.lower() not in ("true", "false"):
            self._boolean = False
        if self._date and parse_instant(value) is None:
            self._date = False

    def json(self, value: Any) -> None:
        """A value that is not null from a typed file; types that disagree make text."""
        found = type_of_json(value)
        self._json = found if self._json in (None, found) else "text"

    @property
    def decided(self) -> bool:
        """Whether no further text can change the guess."""
        return self._seen and not (self._number or self._boolean or self._date)

    def type(self) -> FieldType:
        """The type that fits; text when there was no value at all."""
        if self._json is not None:
            return self._json
        if not self._seen:
            return "text"
        if self._number:
            return "number"
        if self._boolean:
            return "boolean"
        return "date" if self._date else "text"
