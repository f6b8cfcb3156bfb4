"""`/profiles/update` and `/profiles/mass-update` (contracts/batch.md §4.1).

An item that is wrong in form refuses the whole call with a 400. A value that cannot be taken is
left out alone; the answer is 202 all the same and names it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response

from carpel.domain.contacts import Checker, Draft, WriteRefused
from carpel.domain.events import EventRefused
from carpel.domain.fields import FieldType
from carpel.domain.ingest import ContactsRecord, EventsRecord, Record
from carpel.domain.refusals import Invalid
from carpel.kit.ids import new_seed
from carpel.kit.turns import INTERPRETER, checking

from . import errors
from .attributes import Reading, Wrong, read_attributes
from .context import Call
from .profile_events import MOST_EVENTS, read_event

MOST_UPDATES = 200
MOST_MASS_UPDATES = 10_000
# Up to 2.3 an update took as many as a mass update (batch.md §4.1); the vendor's own job sends
# 1,000 to 2.4.
LAST_LARGE_VERSION = 4


@dataclass
class Item:
    """One element of the body, its form checked."""

    index: int
    identifiers: dict[str, str]
    reading: Reading
    events: list[dict[str, Any]]


@dataclass
class Taken:
    """What a call writes, and what it leaves out."""

    writes: list[Any] = field(default_factory=list)
    events: list[Any] = field(default_factory=list)
    left_out: list[dict[str, Any]] = field(default_factory=list)

    def leave_out(
        self, category: str, index: int, reason: str, attribute: str | None = None
    ) -> None:
        """Name something that was not taken."""
        error: dict[str, Any] = {"category": category, "bulk_index": index, "reason": reason}
        if attribute is not None:
            error["attribute"] = attribute
        self.left_out.append(error)


async def update(call: Call) -> Response:
    """`POST /profiles/update`: an array of at most 200 (10,000 up to 2.4)."""
    large = call.version <= LAST_LARGE_VERSION
    return await _update(call, MOST_MASS_UPDATES if large else MOST_UPDATES, mass=large)


async def mass_update(call: Call) -> Response:
    """`POST /profiles/mass-update`: an array of at most 10,000."""
    return await _update(call, MOST_MASS_UPDATES, mass=True)


async def _update(call: Call, most: int, *, mass: bool) -> Response:
    body = await call.json()
    items = await call.off_loop(_read_items, body, most)
    different = {tuple(item.identifiers.items()) for item in items}
    call.limits.updates(call.workspace, call.now, len(different), mass=mass)
    taken = await call.off_loop(_take, call, items)
    for record in _records(call, taken):
        ticket = await call.off_loop(call.rooms.ingest.submit, record)
        await asyncio.wrap_future(ticket.durable)
    if not taken.left_out:
        return call.answer({"code": "SUCCESS"}, 202)
    return call.answer({"code": "SUCCESS_WITH_PARTIAL_ERRORS", "errors": taken.left_out}, 202)


# ------------------------------------------------------------------------ form


def _read_items(body: Any, most: int) -> list[Item]:
    if not isinstance(body, list):
        raise errors.malformed("The body must be an array of profiles")
    if len(body) > most:
        raise errors.malformed(f"The array has {len(body):,} profiles; at most {most:,} are taken")
    return [_read_item(index, given) for index, given in enumerate(body)]


def _read_item(index: int, given: Any) -> Item:
    if not isinstance(given, dict):
        raise errors.malformed(f"[{index}] must be an object")
    attributes, events = given.get("attributes"), given.get("events")
    if attributes is not None and not isinstance(attributes, dict):
        raise errors.malformed(f"[{index}].attributes must be an object")
    if events is not None and not (
        isinstance(events, list) and all(isinstance(event, dict) for event in events)
    ):
        raise errors.malformed(f"[{index}].events must be an array of objects")
    for place, event in enumerate(events or []):
        if "name" not in event:
            raise errors.missing(f"[{index}].events[{place}].name is required")
        if not isinstance(event["name"], str) or not isinstance(event.get("time") or "", str):
            raise errors.malformed(f"[{index}].events[{place}]: name and time must be strings")
        if not isinstance(event.get("attributes", {}), dict | None):
            raise errors.malformed(f"[{index}].events[{place}].attributes must be an object")
    return Item(index, _identifiers(index, given), read_attributes(attributes or {}), events or [])


def _identifiers(index: int, given: dict[str, Any]) -> dict[str, str]:
    """Who is meant: exactly one of the two; others are sent by connectors and passed over."""
    identifiers = given.get("identifiers")
    if identifiers is None:
        raise errors.missing(f"[{index}].identifiers is required")
    if not isinstance(identifiers, dict):
        raise errors.malformed(f"[{index}].identifiers must be an object")
    found = {
        ours: identifiers[theirs]
        for theirs, ours in (("custom_id", "external_id"), ("installation", "anonymous_id"))
        if theirs in identifiers
    }
    if len(found) != 1 or not all(isinstance(one, str) for one in found.values()):
        raise errors.malformed(
            f"[{index}].identifiers must have either custom_id or installation, as a string"
        )
    return found


# --------------------------------------------------------------------- content


def _take(call: Call, items: list[Item]) -> Taken:
    """Check every value; fields that do not exist yet are made."""
    taken = Taken()
    types: dict[str, FieldType] = {}
    for item in items:
        types.update({name: kind for name, kind in item.reading.types.items() if name not in types})
    try:
        with call.rooms.fields.making(call.workspace, types) as making:
            checker = call.rooms.contacts.checker(call.workspace, making.fields)
            with checking(len(items)):
                kept = [
                    item for item in items if _take_attributes(call, checker, types, item, taken)
                ]
    except Invalid as refused:
        raise errors.malformed(refused.message) from None
    _take_events(call, kept, taken)
    return taken


def _take_attributes(
    call: Call, checker: Checker, types: dict[str, FieldType], item: Item, taken: Taken
) -> bool:
    """Whether the item names somebody; its attributes are taken then."""
    INTERPRETER.give_way()
    reading = item.reading
    for key, reason in reading.wrong:
        taken.leave_out("attribute", item.index, reason, key)
    known = _known(call, {*reading.fields, *(change.field for change in reading.changes)}, types)
    draft = Draft(
        dict(item.identifiers),
        {name: value for name, value in reading.fields.items() if name in known},
        changes=[change for change in reading.changes if change.field in known],
    )
    try:
        write, refused = checker.check_parts(draft)
    except WriteRefused as error:
        taken.leave_out("identifier", item.index, error.message)
        return False
    for one in refused:
        name = one.pointer.removeprefix("/fields/")
        taken.leave_out("attribute", item.index, one.message, reading.keys.get(name, name))
    taken.writes.append(write)
    return True


def _known(call: Call, names: Iterable[str], types: dict[str, FieldType]) -> set[str]:
    """Those that there are or will be: emptying what nobody has is no change."""
    find = call.rooms.fields.find
    return {name for name in names if name in types or find(call.workspace.no, name) is not None}


def _take_events(call: Call, items: list[Item], taken: Taken) -> None:
    checker = call.rooms.events.checker(call.workspace)
    now = call.now
    for item in items:
        for place, given in enumerate(item.events):
            try:
                if place >= MOST_EVENTS:
                    raise Wrong(f"an item has at most {MOST_EVENTS} events")
                draft, wrong = read_event(given, dict(item.identifiers), now)
                taken.events.append(checker.check(draft))
            except (Wrong, EventRefused) as error:
                taken.leave_out("event", item.index, f"events[{place}]: {error}")
            else:
                for key, reason in wrong:
                    taken.leave_out("event", item.index, f"events[{place}]: {reason}", key)


def _records(call: Call, taken: Taken) -> list[Record]:
    no, now = call.workspace.no, call.now
    records: list[Record] = []
    if taken.writes:
        records.append(ContactsRecord(no, now, new_seed(), taken.writes))
    if taken.events:
        records.append(EventsRecord(no, now, new_seed(), 0, taken.events))
    return records
