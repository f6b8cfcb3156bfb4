"""`POST /users/delete` (contracts/braze.md §4.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from carpel.domain.contacts import Contact
from carpel.domain.ingest import ErasureRecord

from . import errors, found
from .context import Call

_WAYS = ("external_ids", "user_aliases", "braze_ids", "email_addresses", "phone_numbers")
_ORDERS = ("identified", "unidentified", "most_recently_updated", "least_recently_updated")


async def delete(call: Call) -> dict[str, Any]:
    """Forget users, with their events and all that is kept of them.

    `deleted` counts what was sent, also ids that nobody has (recorded).
    """
    body = await call.body()
    given = [name for name in _WAYS if body.get(name) is not None]
    if len(given) != 1:
        raise errors.BrazeError(400, f"Exactly one of {', '.join(_WAYS)} is required")
    numbers, count = await call.off_loop(_numbers, call, body, given[0])
    ids = await call.off_loop(call.rooms.contacts.ids_of, call.workspace, numbers)
    if ids:
        record = ErasureRecord(call.workspace.no, call.rooms.clock.now(), list(dict.fromkeys(ids)))
        await call.take_in([record])
    return {"deleted": count}


def _numbers(call: Call, body: Mapping[str, Any], way: str) -> tuple[list[int], int]:
    """Whom the request means, and how many it names."""
    sent = body[way]
    if not isinstance(sent, list):
        raise errors.BrazeError(400, f"'{way}' must be an array")
    if len(sent) > found.MOST:
        raise errors.too_many_ids()
    contacts, workspace = call.rooms.contacts, call.workspace
    numbers: Sequence[int | None]
    match way:
        case "external_ids":
            numbers = list(found.by_external_ids(call, found.texts(body, way)).values())
        case "user_aliases":
            numbers = [contacts.by_alias(workspace, *alias) for alias in found.aliases(body)]
        case "braze_ids":
            ids = found.texts(body, way)
            numbers = [contacts.number_of_id(workspace, one) for one in ids]
        case "phone_numbers":
            phones = found.texts(body, way)
            numbers = [next(iter(found.by_phone(call, one)), None) for one in phones]
        case _:
            numbers = [_by_email(call, one) for one in sent]
    return [one for one in numbers if one is not None], len(sent)


def _by_email(call: Call, item: Any) -> int | None:
    """Whom `{email, prioritization}` means; without a prioritization, whoever came first."""
    email = item.get("email") if isinstance(item, Mapping) else None
    order = item.get("prioritization", []) if isinstance(item, Mapping) else []
    known = isinstance(order, list) and all(one in _ORDERS for one in order)
    if not isinstance(email, str) or not known:
        raise errors.BrazeError(
            400, "'email_addresses' must be objects with an email and a prioritization"
        )
    numbers = found.by_email(call, email)
    candidates = call.rooms.contacts.read_numbered(call.workspace, numbers)
    for wish in order:
        candidates = _preferred(candidates, wish)
    return candidates[0][0] if candidates else None


def _preferred(candidates: list[tuple[int, Contact]], wish: str) -> list[tuple[int, Contact]]:
    if wish in ("identified", "unidentified"):
        fitting = [
            one
            for one in candidates
            if ("external_id" in one[1].identifiers) == (wish == "identified")
        ]
        return fitting or candidates
    newest_first = wish == "most_recently_updated"
    return sorted(candidates, key=lambda one: one[1].updated_at, reverse=newest_first)
