"""Contacts as SendGrid's callers write them (contracts/sendgrid.md §3.1, §3.2).

Reserved fields stand at the top by name, custom ones under `custom_fields` by id. What is left out
stays as it was; an empty text empties. Keys that are no field are passed over, as a decoder that
fills a struct does (inferred).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from carpel.domain.contacts import Checker, Draft, Write, WriteRefused
from carpel.domain.fields import Field

from .field_ids import id_of

LONGEST: dict[str, int] = {
    "address_line_1": 100,
    "address_line_2": 100,
    "city": 60,
    "country": 50,
    "first_name": 50,
    "last_name": 50,
    "postal_code": 60,
    "state_province_region": 50,
    "phone_number": 254,
    "whatsapp": 254,
    "line": 254,
    "facebook": 254,
    "unique_name": 254,
}
LONGEST_CUSTOM_TEXT = 1000
MOST_ALTERNATES = 5
IDENTIFIERS = ("email", "phone_number_id", "external_id", "anonymous_id")
_US_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")


class BadContact(Exception):
    """One contact is wrong; `field` says where in it."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class Reader:
    """Reads the contacts of one request or file."""

    def __init__(self, checker: Checker, custom: Mapping[str, Field], lists: list[int]) -> None:
        """Args: custom: fields by id. lists: numbers of the lists that all contacts join."""
        self._checker = checker
        self._custom = custom
        self._lists = lists

    def read(self, contact: Any) -> Write:
        """One contact, ready to be logged.

        Raises:
            BadContact: the first thing that is wrong in it.
        """
        if not isinstance(contact, dict):
            raise BadContact("a contact must be an object", "")
        identifiers = {name: contact[name] for name in IDENTIFIERS if contact.get(name)}
        if not identifiers:
            raise BadContact(f"one of {', '.join(IDENTIFIERS)} is required", "")
        fields: dict[str, Any] = {}
        for name, most in LONGEST.items():
            value = contact.get(name)
            if value is not None:
                fields[name] = reserved_text(name, value, most)
        if contact.get("alternate_emails") is not None:
            fields["alternate_emails"] = alternates(contact["alternate_emails"])
        if contact.get("custom_fields") is not None:
            fields |= self._read_custom(contact["custom_fields"])
        return self.check(identifiers, fields)

    def check(self, identifiers: dict[str, Any], fields: dict[str, Any]) -> Write:
        """Identifiers and fields by name, ready to be logged.

        Raises:
            BadContact: the first thing that is wrong.
        """
        try:
            write = self._checker.check(Draft(identifiers, fields))
        except WriteRefused as refused:
            name = refused.pointer.rpartition("/")[2]
            if refused.code == "bad_email":
                shown = str(identifiers.get("email"))[:254]
                raise BadContact(f"email '{shown}' is not valid", name) from None
            raise BadContact(refused.message, name) from None
        write.lists = self._lists
        return write

    def _read_custom(self, given: Any) -> dict[str, Any]:
        if not isinstance(given, dict):
            raise BadContact("custom_fields must be an object", "custom_fields")
        found: dict[str, Any] = {}
        for key, value in given.items():
            field = self._custom.get(key)
            if field is None:
                raise BadContact(self._unknown(key), f"custom_fields.{key}")
            if value is not None:
                found[field.name] = custom_value(field, value)
        return found

    def _unknown(self, key: str) -> str:
        """A field under its name is the usual mistake: say the id."""
        by_name = (one for one in self._custom.values() if one.name.lower() == key.lower())
        meant = next(by_name, None)
        hint = f"; custom fields are written by id: {id_of(meant)}" if meant else ""
        return f"custom field {key[:100]} does not exist{hint}"


def reserved_text(name: str, value: Any, most: int) -> str | None:
    """A reserved field's text; None for an empty one.

    Raises:
        BadContact: it is no text, or too long.
    """
    if not isinstance(value, str):
        raise BadContact(f"{name} must be a string", name)
    if len(value) > most:
        raise BadContact(f"{name} must not have more than {most} characters", name)
    return value or None


def alternates(value: Any) -> list[str] | None:
    """Other addresses of a contact; None for none.

    Raises:
        BadContact: too many, or something that is no address.
    """
    name = "alternate_emails"
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise BadContact(f"{name} must be an array of strings", name)
    if len(value) > MOST_ALTERNATES:
        raise BadContact(f"{name} must not have more than {MOST_ALTERNATES} items", name)
    kept = [one.strip().lower() for one in value if one.strip()]
    for one in kept:
        if len(one) > 254 or not _EMAIL.fullmatch(one):  # noqa: PLR2004
            raise BadContact(f"email '{one[:254]}' is not valid", name)
    return kept or None


_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


def custom_value(field: Field, value: Any) -> Any:
    """A custom field's value in the domain's terms; None for an empty text.

    Raises:
        BadContact: it is not of the field's type, or too long.
    """
    if value == "":
        return None
    return _CONVERTERS[field.type](field, value)


def _text(field: Field, value: Any) -> str:
    if not isinstance(value, str):
        raise _not(field, "a string")
    if len(value) > LONGEST_CUSTOM_TEXT:
        most = f"{LONGEST_CUSTOM_TEXT:,}"
        raise BadContact(
            f"{field.name} must not have more than {most} characters",
            f"custom_fields.{id_of(field)}",
        )
    return value


def _number(field: Field, value: Any) -> Decimal | int:
    """A number, also as text, as files bring it."""
    if isinstance(value, str):
        try:
            value = Decimal(value.strip())
        except ArithmeticError:
            raise _not(field, "a number") from None
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise _not(field, "a number")
    if isinstance(value, Decimal) and not value.is_finite():
        raise _not(field, "a number")
    return value


def _date(field: Field, value: Any) -> str:
    """ISO 8601, or MM/DD/YYYY as the vendor's pages write dates."""
    if not isinstance(value, str):
        raise _not(field, "a date")
    parts = _US_DATE.fullmatch(value.strip())
    if parts is None:
        return value.strip()
    month, day, year = parts.groups()
    return f"{year}-{int(month):02d}-{int(day):02d}"


def _boolean(field: Field, value: Any) -> bool:
    word = str(value).lower()
    if word not in ("true", "false"):
        raise _not(field, "true or false")
    return word == "true"


def _members(field: Field, value: Any) -> list[str]:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise _not(field, "an array of strings")
    return value


def _not(field: Field, wanted: str) -> BadContact:
    return BadContact(f"{field.name} must be {wanted}", f"custom_fields.{id_of(field)}")


_CONVERTERS: dict[str, Callable[[Field, Any], Any]] = {
    "text": _text,
    "number": _number,
    "date": _date,
    "boolean": _boolean,
    "text-list": _members,
}
