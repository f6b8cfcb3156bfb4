"""One contact; the fields and the lists."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.responses import Response

from carpel.domain.contacts import Contact
from carpel.domain.ingest import ContactsRecord, ErasureRecord, Record
from carpel.domain.segments import members as membership
from carpel.kit.ids import id_bytes, new_seed

from . import data, shapes
from .context import Call
from .problems import Problem


async def read(call: Call) -> Response:
    """`GET /contacts/{id, external_id or email}`."""
    return call.answer(shapes.contact(await _found(call)))


async def edit(call: Call) -> Response:
    """`PATCH /contacts/{contact}[?wait=applied]`: what is given is changed, null empties a field.

    `lists` are all the lists it is in from then on. 200 with the contact as it is now.
    """
    rooms, found = call.rooms, await _found(call)
    body = await call.json()
    checked = await call.off_loop(data.check_edit, call, found, body)
    record = ContactsRecord(call.workspace.no, rooms.clock.now(), new_seed(), [checked])
    await _apply(call, record)
    changed = await call.off_loop(rooms.contacts.find, call.workspace, found.id)
    if changed is None:
        raise _no_such(found.id)
    return call.answer(shapes.contact(changed))


async def erase(call: Call) -> Response:
    """`DELETE /contacts/{contact}[?wait=applied]`: 204 once it is gone, with all its events.

    The feed forgets it as well; that it left its segments is the last that is said of its id.
    """
    found = await _found(call)
    now = call.rooms.clock.now()
    await _apply(call, ErasureRecord(call.workspace.no, now, [id_bytes(found.id) or b""]))
    return Response(status_code=204)


async def segments_of(call: Call) -> Response:
    """`GET /contacts/{contact}/segments[?archived=all]`: all segments it is in, and since when."""
    found = await _found(call)
    rooms, workspace = call.rooms, call.workspace
    number = await call.off_loop(rooms.contacts.number, workspace, found.id)
    archived = None if call.query("archived") == "all" else False
    chosen = rooms.segments.list_of(workspace, archived=archived)
    entered = await call.off_loop(
        membership.segments_with, rooms.segments, rooms.feed, chosen, number or 0
    )
    return call.answer(
        {
            "data": [shapes.segment_of(one, since) for one, since in entered],
            "next_cursor": None,
        }
    )


async def _apply(call: Call, record: Record) -> None:
    """Have a record applied; with `wait=applied` until all counts include it."""
    ticket = await call.off_loop(call.rooms.ingest.submit, record)
    await asyncio.wrap_future(ticket.durable)
    if call.query("wait") == "applied":
        result = await asyncio.wrap_future(ticket.applied)
        everyone = call.rooms.segments.list_of(call.workspace, archived=None)
        await call.off_loop(call.rooms.segments.settle, everyone, result.seq)
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


async def list_fields(call: Call) -> Response:
    """`GET /fields`: all of them, reserved ones first."""
    fields = call.rooms.fields.list_of(call.workspace.no)
    return call.answer({"data": [shapes.field(one) for one in fields], "next_cursor": None})


async def create_field(call: Call) -> Response:
    """`POST /fields` `{name, type}`: 201."""
    name, field_type = await _texts(call, "name", "type")
    made = await call.off_loop(call.rooms.fields.create, call.workspace, name, field_type)
    return call.answer(shapes.field(made), 201)


async def list_lists(call: Call) -> Response:
    """`GET /lists`: all of them."""
    lists = call.rooms.lists.list_of(call.workspace.no)
    return call.answer({"data": [shapes.list_(one) for one in lists], "next_cursor": None})


async def create_list(call: Call) -> Response:
    """`POST /lists` `{name}`: 201."""
    (name,) = await _texts(call, "name")
    made = await call.off_loop(call.rooms.lists.create, call.workspace, name)
    return call.answer(shapes.list_(made), 201)


async def _texts(call: Call, *names: str) -> list[str]:
    """The texts of a body that has exactly these.

    Raises:
        Problem: one is missing or no text, or there is more.
    """
    body: Any = await call.json()
    if not isinstance(body, dict):
        raise Problem(400, "bad_body", "the body is a JSON object")
    for name in names:
        if not isinstance(body.get(name), str):
            raise Problem(400, "bad_body", f"{name} is a text", more={"pointer": f"/{name}"})
    for name in body:
        if name not in names:
            raise Problem(
                400, "bad_body", f"{name} does not fit here", more={"pointer": f"/{name}"}
            )
    return [body[name] for name in names]
