"""`POST /users/export/ids` (contracts/braze.md §4.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import errors, found
from .context import Call
from .profiles import Profiles, Wanted

_NAMING = ("external_ids", "user_aliases", "device_id", "braze_id", "email_address", "phone")


async def export_ids(call: Call) -> dict[str, Any]:
    """The users of these ids, in the order asked; external ids nobody has are named."""
    body = await call.body()
    return await call.off_loop(_export, call, body)


def _export(call: Call, body: Mapping[str, Any]) -> dict[str, Any]:
    wanted = wanted_of(body)
    ids, aliases = found.texts(body, "external_ids"), found.aliases(body)
    if len(ids) > found.MOST or len(aliases) > found.MOST:
        raise errors.too_many_external_ids()
    if all(body.get(name) is None for name in _NAMING):
        raise errors.BrazeError(400, f"One of {', '.join(_NAMING)} is required")
    known = found.by_external_ids(call, ids)
    numbers = [number for number in known.values() if number is not None]
    for label, name in aliases:
        number = call.rooms.contacts.by_alias(call.workspace, label, name)
        numbers += [] if number is None else [number]
    numbers += _by_one(call, body)
    contacts = call.rooms.contacts.read_numbered(call.workspace, list(dict.fromkeys(numbers)))
    rooms = call.rooms
    profiles = Profiles(rooms.fields, rooms.tallies, call.workspace, rooms.clock.now())
    answer: dict[str, Any] = {"users": profiles.many(contacts, wanted)}
    unknown = [one for one, number in known.items() if number is None]
    return answer | ({"invalid_user_ids": unknown} if unknown else {})


def wanted_of(body: Mapping[str, Any]) -> Wanted:
    """What `fields_to_export` and `custom_attributes_to_export` ask for; names nobody knows are
    passed over, as clients ask for fields that came and went.
    """
    fields = found.texts(body, "fields_to_export")
    attributes = found.texts(body, "custom_attributes_to_export")
    return Wanted(
        frozenset(fields) or None,
        frozenset(attributes) if attributes else None,
    )


def _by_one(call: Call, body: Mapping[str, Any]) -> list[int]:
    """Users by one of braze_id, email_address and phone; no device is known."""
    numbers: list[int] = []
    braze_id, email, phone = (body.get(name) for name in ("braze_id", "email_address", "phone"))
    if isinstance(braze_id, str):
        number = call.rooms.contacts.number_of_id(call.workspace, braze_id)
        numbers += [] if number is None else [number]
    if isinstance(email, str):
        numbers += found.by_email(call, email)
    if isinstance(phone, str):
        numbers += found.by_phone(call, phone)
    return numbers
