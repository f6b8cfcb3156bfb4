"""One contact: read, changed, erased."""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from carpel.domain.contacts import Contact
from carpel.domain.ingest import ContactsRecord, ErasureRecord, Record
from carpel.domain.segments import members as membership
from carpel.kit.ids import id_bytes, new_seed

from . import params, shapes
from .checking import check_edit
from .context import Call
from .problems import Problem

WAIT_PARAMS = (params.choice("wait", "Answer when all counts include it.", ["applied"]),)
SEGMENTS_PARAMS = (params.choice("archived", "Archived segments too.", ["false", "all"], "false"),)


async def read(call: Call) -> Response:
    """One contact, by id, external_id or e-mail address."""
    return call.answer(shapes.Contact.of(await _found(call)))


async def edit(call: Call) -> Response:
    """What is given is changed, null empties a field.

    `lists` are all the lists it is in from then on. 200 with the contact as it is now.
    """
    rooms, found = call.rooms, await _found(call)
    body = await call.json()
    checked = await call.off_loop(check_edit, call, found, body)
    record = ContactsRecord(call.workspace.no, rooms.clock.now(), new_seed(), [checked])
    await _apply(call, record)
    changed = await call.off_loop(rooms.contacts.find, call.workspace, found.id)
    if changed is None:
        raise _no_such(found.id)
    return call.answer(shapes.Contact.of(changed))


async def erase(call: Call) -> Response:
    """The contact is gone, with all its events.

    The feed forgets it as well; that it left its segments is the last that is said of its id.
    """
    found = await _found(call)
    now = call.rooms.clock.now()
    await _apply(call, ErasureRecord(call.workspace.no, now, [id_bytes(found.id) or b""]))
    return Response(status_code=204)


async def segments_of(call: Call) -> Response:
    """All segments that a contact is in, and since when."""
    found = await _found(call)
    rooms, workspace = call.rooms, call.workspace
    number = await call.off_loop(rooms.contacts.number, workspace, found.id)
    archived = None if call.given["archived"] == "all" else False
    chosen = rooms.segments.list_of(workspace, archived=archived)
    entered = await call.off_loop(
        membership.segments_with, rooms.segments, rooms.feed, chosen, number or 0
    )
    data = [
        shapes.SegmentOf(one.id, one.code, one.name, shapes.instant(since))
        for one, since in entered
    ]
    return call.answer(shapes.Page(data))


async def _apply(call: Call, record: Record) -> None:
    """Have a record applied; with `wait=applied` until all counts include it."""
    ticket = await call.off_loop(call.rooms.ingest.submit, record)
    seq = await asyncio.wrap_future(ticket.durable)
    if call.given["wait"] == "applied":
        await call.counted(ticket, seq)
    else:
        await asyncio.wrap_future(ticket.stored)


async def _found(call: Call) -> Contact:
    reference = call.values["contact"]
    found = await call.off_loop(call.rooms.contacts.find, call.workspace, reference)
    if found is None:
        raise _no_such(reference)
    return found


def _no_such(reference: str) -> Problem:
    return Problem(404, "no_such_contact", f"there is no contact {reference!r}")
