"""Users found by what calls on users name them with (contracts/braze.md §4.2, §4.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from carpel.domain.contacts import IdentifierKind

from . import errors
from .context import Call
from .people import ItemError, alias_of, text_of_id

MOST = 50


def texts(body: Mapping[str, Any], name: str) -> list[str]:
    """An array of identifiers; numbers are taken as text (recorded).

    Raises:
        BrazeError: it is something else.
    """
    given = body.get(name)
    if given is None:
        return []
    if not isinstance(given, list):
        raise errors.BrazeError(400, f"'{name}' must be an array of strings")
    try:
        return [text_of_id(name, one) for one in given]
    except ItemError as error:
        raise errors.BrazeError(400, str(error)) from None


def aliases(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Label and name of each of `user_aliases`.

    Raises:
        BrazeError: it is something else.
    """
    given = body.get("user_aliases")
    if given is None:
        return []
    try:
        if not isinstance(given, list):
            raise ItemError("'user_aliases' must be an array of objects")
        return [next(iter(alias_of(one).items())) for one in given]
    except ItemError as error:
        raise errors.BrazeError(400, str(error)) from None


def by_external_ids(call: Call, ids: list[str]) -> dict[str, int | None]:
    """The number of each of these users, None for one nobody knows."""
    owners = call.rooms.contacts.owners(call.workspace, IdentifierKind.EXTERNAL_ID, set(ids))
    return {one: next(iter(owners[one]), None) for one in ids}


def by_email(call: Call, address: str) -> list[int]:
    """Everyone with an address."""
    folded = address.strip().lower()
    return call.rooms.contacts.owners(call.workspace, IdentifierKind.EMAIL, {folded})[folded]


def by_phone(call: Call, phone: str) -> list[int]:
    """Everyone with a phone number."""
    kind = IdentifierKind.PHONE_NUMBER_ID
    return call.rooms.contacts.owners(call.workspace, kind, {phone})[phone]
