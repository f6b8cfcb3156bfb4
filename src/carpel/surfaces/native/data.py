"""Contacts and events on their way in: 202 once they are durable."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.responses import Response

from carpel.domain.ingest import ContactsRecord, EventsRecord, Once, Record, Ticket
from carpel.kit.ids import new_seed

from . import params
from .beside import Job, found_in, request_of
from .checking import Checked, check_contacts, check_events, import_number, skips
from .context import Call
from .items import MOST_ITEMS, NotJson, TooMany, items_of
from .pressure import await_room
from .problems import Problem
from .shapes import Accepted
from .streaming import Kind, take_lines, unknown

WAIT = params.choice(
    "wait", "Answer when it can be read (stored), or when all counts include it (applied).",
    ["stored", "applied"],
)  # fmt: skip
ON_ERROR = params.choice("on_error", "What a wrong item does to the others.", ["refuse", "skip"],
                         "refuse")  # fmt: skip
CONTACTS_PARAMS = (WAIT, ON_ERROR)
EVENTS_PARAMS = (
    WAIT,
    ON_ERROR,
    params.number("import", "The number of an import.", most=(1 << 62) - 1, least=0),
    params.choice("known_only", "Leave out events of contacts that are not there yet.",
                  ["true", "false"]),
)  # fmt: skip

MOST_PROBLEMS = 100
_LARGE = 10_000  # bytes: some hundred items
# One that takes a helper for seconds would have all others wait for that; the server lets them pass.
_HUGE = 4 * 1024 * 1024


async def post_contacts(call: Call) -> Response:
    """Contacts made or changed, by what identifies them: one object, an array or NDJSON.

    202 once they are durable. One wrong item refuses all, unless `on_error=skip` leaves it out and
    names it in the answer. A field not known yet is made, with the type of its value. NDJSON
    (`application/x-ndjson`) may be of any length: it is read and taken in piece by piece, and what
    is wrong is named by its `line`.
    """
    return await _take(call, _CONTACTS)


async def post_events(call: Call) -> Response:
    """Events of contacts: one object, an array or NDJSON; 202 once they are durable.

    An event with an `event_id` counts once. Under an import's number, others are known again by all
    they hold. NDJSON may be of any length, as for contacts.
    """
    return await _take(call, _EVENTS)


async def take_good(
    call: Call, people: list[Any], events: list[Any]
) -> tuple[list[tuple[int, Any]], list[tuple[int, Any]]]:
    """Take in what is right, contacts before events, and leave out the rest.

    Returns place and refusal of what was left out, of contacts and of events. All that was taken
    is durable.
    """
    refused = []
    for items, kind in ((people, _CONTACTS), (events, _EVENTS)):
        checked = await call.off_loop(kind.check, call, items)
        if checked.ready:
            record = kind.record_of(call, checked.ready, None)
            ticket = await call.off_loop(call.rooms.ingest.submit, record)
            await asyncio.wrap_future(ticket.durable)
        refused.append(checked.refused)
    return refused[0], refused[1]


async def _take(call: Call, kind: Kind) -> Response:
    if call.is_lines:
        return await take_lines(call, kind)
    body = await call.body()
    if len(body) >= _LARGE:
        await await_room(call.rooms.ingest, call.rooms.clock)
    once = await call.once()
    count, checked = await call.off_loop(_read, call, kind, body)
    if checked.refused and not skips(call):
        raise _all_refused(checked, single=count == 1)
    if not checked.ready:
        return call.answer(_accepted(0, checked), 202)
    record = kind.record_of(call, checked.ready, once)
    ticket = await call.off_loop(call.rooms.ingest.submit, record, checked.ahead)
    seq = await asyncio.wrap_future(ticket.durable)
    answer = _accepted(seq, checked)
    if call.given["wait"] is not None:
        await _applied(call, ticket, checked, answer)
    return call.answer(answer, 202)


async def _applied(call: Call, ticket: Ticket, checked: Checked, answer: Accepted) -> None:
    """`wait=applied`: when all counts include it. `wait=stored`: when it can be read."""
    if call.given["wait"] == "applied":
        result = await call.counted(ticket, answer.seq)
    else:
        result = await asyncio.wrap_future(ticket.stored)
    answer.created, answer.updated = result.created, result.updated
    answer.unchanged = result.unchanged
    answer.rejected += [unknown(checked.places[place]) for place in result.unknown]
    answer.rejected_count += len(result.unknown)


def _contacts_record(call: Call, writes: list[Any], once: Once | None) -> Record:
    return ContactsRecord(call.workspace.no, call.rooms.clock.now(), new_seed(), writes, once)


def _events_record(call: Call, events: list[Any], once: Once | None) -> Record:
    now = call.rooms.clock.now()
    return EventsRecord(call.workspace.no, now, new_seed(), import_number(call), events, once)


_CONTACTS = Kind("contacts", check_contacts, _contacts_record)
_EVENTS = Kind("events", check_events, _events_record)


def _accepted(seq: int, checked: Checked) -> Accepted:
    return Accepted(
        accepted=len(checked.ready),
        seq=seq,
        rejected=_rejected(checked),
        rejected_count=len(checked.refused),
    )


def _rejected(checked: Checked) -> list[dict[str, Any]]:
    return [
        {"index": place, "code": error.code, "detail": error.message, "pointer": error.pointer}
        for place, error in checked.refused
    ]


def _all_refused(checked: Checked, *, single: bool) -> Problem:
    place, first = checked.refused[0]
    where = "" if single else f"/{place}"
    problems = [
        {
            "code": error.code,
            "detail": error.message,
            "pointer": f"{'' if single else f'/{at}'}{error.pointer}",
        }
        for at, error in checked.refused[:MOST_PROBLEMS]
    ]
    return Problem(
        400,
        first.code,
        first.message,
        more={"pointer": f"{where}{first.pointer}", "problems": problems},
    )


def _read(call: Call, kind: Kind, body: bytes) -> tuple[int, Checked]:
    """How many items a body has, and what is right and wrong in them."""
    if _LARGE <= len(body) <= _HUGE:
        found = _read_beside(call, kind, body)
        if found is not None:
            return len(found.ready), found
    try:
        items = items_of(body)
    except NotJson as error:
        raise Problem(400, "not_json", f"the body is not JSON: {error}") from None
    except TooMany:
        detail = f"at most {MOST_ITEMS:,} in one request, but for NDJSON"
        raise Problem(413, "too_many", detail) from None
    return len(items), kind.check(call, items)


def _read_beside(call: Call, kind: Kind, body: bytes) -> Checked | None:
    """The items of a body that is right in all, from a process beside."""
    now, create = call.rooms.clock.now(), call.given.get("known_only") != "true"
    job = Job(kind.name, call.workspace, now, body, create, import_number(call))
    answer = call.rooms.helpers.ask(request_of(job))
    found = found_in(answer) if answer is not None else None
    if found is None:
        return None
    ready = found.writes or found.events
    return Checked(ready, [], list(range(len(ready))), found.ahead)
