"""Fields and lists."""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from carpel.domain.clearing import forget_field
from carpel.domain.fields import Field
from carpel.domain.ingest import ListClearedRecord
from carpel.domain.lists import List
from carpel.domain.segments.renaming import follow_rename
from carpel.kit import cursors

from . import params, shapes
from .bodies import FieldBody, ListBody, NameBody, read_body
from .context import Call
from .problems import Problem

LIST_MEMBERS_PARAMS = (params.LIMIT, params.CURSOR)


async def list_fields(call: Call) -> Response:
    """All fields, reserved ones first."""
    fields = call.rooms.fields.list_of(call.workspace.no)
    return call.answer(shapes.Page([shapes.Field.of(one) for one in fields]))


async def create_field(call: Call) -> Response:
    """A new custom field."""
    body = await read_body(call, FieldBody)
    made = await call.off_loop(call.rooms.fields.create, call.workspace, body.name, body.type)
    await call.off_loop(call.rooms.segments.recheck, call.workspace)
    return call.created(shapes.Field.of(made), f"/fields/{made.name}")


async def read_field(call: Call) -> Response:
    """One field, by its name."""
    return call.answer(shapes.Field.of(_field(call)))


async def rename_field(call: Call) -> Response:
    """Another name for a custom field; its values stay."""
    body = await read_body(call, NameBody)
    found = _custom(call)
    renamed = await call.off_loop(call.rooms.fields.rename, call.workspace, found, body.name)
    segments = call.rooms.segments
    await call.off_loop(follow_rename, segments, call.workspace, found.name, renamed.name)
    await call.off_loop(call.rooms.segments.recheck, call.workspace)
    return call.answer(shapes.Field.of(renamed))


async def delete_field(call: Call) -> Response:
    """A custom field and its values are gone; rules that name it keep nobody until it is back."""
    found = _custom(call)
    rooms = call.rooms
    await call.off_loop(
        forget_field, rooms.fields, rooms.segments, rooms.clearing, call.workspace, found
    )
    return Response(status_code=204)


async def list_lists(call: Call) -> Response:
    """All lists and how many are in each."""
    lists = call.rooms.lists.list_of(call.workspace.no)
    shown = [await _list_shown(call, one) for one in lists]
    return call.answer(shapes.Page(shown))


async def create_list(call: Call) -> Response:
    """A new, empty list."""
    body = await read_body(call, ListBody)
    lists, fresh = call.rooms.lists, call.fresh_id()
    made = lists.find_ever(call.workspace.no, fresh) if fresh else None
    if made is None:
        made = await call.off_loop(lists.create, call.workspace, body.name, list_id=fresh)
    return call.created(shapes.List.of(made, 0), f"/lists/{made.id}")


async def read_list(call: Call) -> Response:
    """One list, by id or name."""
    return call.answer(await _list_shown(call, _list(call)))


async def rename_list(call: Call) -> Response:
    """Another name for a list."""
    body = await read_body(call, ListBody)
    renamed = await call.off_loop(call.rooms.lists.rename, _list(call), body.name)
    return call.answer(await _list_shown(call, renamed))


async def delete_list(call: Call) -> Response:
    """The list is gone; the contacts in it stay."""
    found = _list(call)
    record = ListClearedRecord(call.workspace.no, call.rooms.clock.now(), found.no)
    await call.off_loop(call.rooms.lists.delete, found)
    ticket = await call.off_loop(call.rooms.ingest.submit, record)
    await asyncio.wrap_future(ticket.durable)
    await call.off_loop(call.rooms.segments.recheck, call.workspace)
    return Response(status_code=204)


async def list_contacts(call: Call) -> Response:
    """Who is in a list, the oldest contact first."""
    found, contacts = _list(call), call.rooms.contacts
    after = int(call.cursor("list", int)[0]) if call.given["cursor"] else 0
    limit: int = call.given["limit"]
    numbers = await call.off_loop(
        contacts.list_numbers, call.workspace, found.no, limit + 1, after=after
    )
    people = await call.off_loop(contacts.read_many, call.workspace, numbers[:limit])
    following = cursors.encode("list", numbers[limit - 1]) if len(numbers) > limit else None
    return call.answer(shapes.Page([shapes.Contact.of(one) for one in people], following))


async def _list_shown(call: Call, found: List) -> shapes.List:
    size = await call.off_loop(call.rooms.contacts.list_size, call.workspace, found.no)
    return shapes.List.of(found, size)


def _list(call: Call) -> List:
    return call.rooms.lists.read(call.workspace.no, call.values["list"])


def _field(call: Call) -> Field:
    found = call.rooms.fields.find(call.workspace.no, call.values["field"])
    if found is None:
        raise Problem(404, "no_such_field", f"there is no field {call.values['field']!r}")
    return found


def _custom(call: Call) -> Field:
    found = _field(call)
    if found.role != "custom":
        raise Problem(409, "field_is_fixed", f"{found.name} is no custom field")
    return found
