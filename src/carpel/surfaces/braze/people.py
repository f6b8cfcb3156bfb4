"""Who an object of a request means (contracts/braze.md §4.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from carpel.domain.contacts import WriteRefused, normal_email
from carpel.domain.fields import BadValue

NOBODY = "'external_id', 'braze_id', 'user_alias', 'email' or 'phone' is required"
BAD_EMAIL = "The value provided for the 'email' field is not a valid email."

# Keys that say who is meant, or how to take the object; all others are about the user.
IDENTIFYING = ("external_id", "braze_id", "user_alias")
DIRECTIVES = ("_update_existing_only", "_merge_objects", "push_token_import", "app_id")


class ItemError(Exception):
    """One object of a request cannot be taken; the message is its `type` in `errors`."""


@dataclass
class Person:
    """Who is meant, in the product's words. `create`: make the contact when nobody is known so."""

    identifiers: dict[str, Any] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    create: bool = True


def person_of(item: Mapping[str, Any]) -> Person:
    """Who an object of `attributes`, `events` or `purchases` means.

    E-mail address and phone number identify too, the address first (documented). With an alias alone
    nobody is made, unless `_update_existing_only` is false (documented).

    Raises:
        ItemError: nobody is meant.
    """
    person = Person()
    external_id = item.get("external_id")
    if external_id is not None:
        person.identifiers["external_id"] = text_of_id("external_id", external_id)
    if item.get("braze_id") is not None:
        person.identifiers["id"] = text_of_id("braze_id", item["braze_id"])
    if item.get("user_alias") is not None:
        person.aliases = alias_of(item["user_alias"])
    known = bool(person.identifiers or person.aliases)
    email, phone = item.get("email"), item.get("phone")
    if email is not None:
        person.identifiers["email"] = checked_email(email)
    if phone is not None and (known or email is None):
        person.identifiers["phone_number_id"] = text_of_id("phone", phone)
    if not person.identifiers and not person.aliases:
        raise ItemError(NOBODY)
    only_alias = bool(person.aliases) and not person.identifiers
    person.create = not flag(item, "_update_existing_only", default=only_alias)
    return person


def checked_email(value: Any) -> str:
    """The address as it is kept.

    Raises:
        ItemError: it is none.
    """
    try:
        return normal_email(value if isinstance(value, str) else "")
    except BadValue:
        raise ItemError(BAD_EMAIL) from None


def text_of_id(name: str, value: Any) -> str:
    """An identifier; numbers are taken, as recorded (`"external_ids":[12345]`)."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str) and value.strip() and len(value) <= 254 and "\x00" not in value:  # noqa: PLR2004
        return value
    raise ItemError(f"'{name}' is not valid")


def alias_of(value: Any) -> dict[str, str]:
    """Name by label of a `user_alias`.

    Raises:
        ItemError: it lacks one of the two.
    """
    if isinstance(value, Mapping):
        label, name = value.get("alias_label"), value.get("alias_name")
        if _alias_text(label) and _alias_text(name):
            return {str(label): str(name)}
    raise ItemError("'user_alias' must have an 'alias_name' and an 'alias_label'")


def flag(item: Mapping[str, Any], name: str, *, default: bool = False) -> bool:
    """A yes or no; connectors also send it as text."""
    value = item.get(name)
    if isinstance(value, str):
        return value.strip().lower() == "true"
    return value if isinstance(value, bool) else default


def refusal_type(refused: WriteRefused) -> str:
    """A refusal of the domain in Braze's words, after those observed."""
    name = refused.pointer.rpartition("/")[2]
    match refused.code:
        case "bad_email":
            return BAD_EMAIL
        case "no_such_contact":
            return "'braze_id' is not valid"
        case "no_identifier":
            return NOBODY
        case _:
            return f"The value provided for the '{name}' field is not valid: {refused.message}"


def _alias_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 120 and value.isprintable()  # noqa: PLR2004
