"""Custom fields and the reserved ones (contracts/sendgrid.md §3.7)."""

from __future__ import annotations

import re
from typing import Any

from carpel.domain.clearing import forget_field
from carpel.domain.fields import Field
from carpel.domain.segments.renaming import follow_rename

from . import errors, field_ids, given
from .context import Call, Reply

LONGEST_NAME = 100
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


async def list_fields(call: Call) -> Reply:
    """`GET /field_definitions`: all of them; reserved ones in the order recorded live."""
    custom = [
        {"id": field_ids.id_of(one), "name": one.name, "field_type": field_ids.type_name(one)}
        for one in call.rooms.fields.list_of(call.workspace.no)
        if field_ids.is_custom(one)
    ]
    return Reply(
        {
            "custom_fields": custom,
            "reserved_fields": [one.shown() for one in field_ids.RESERVED],
            "_metadata": {"self": f"{call.base}/field_definitions"},
        }
    )


async def create(call: Call) -> Reply:
    """`POST /field_definitions` `{name, field_type}`: 200, not 201 (live)."""
    body = await call.body()
    name = _name(body)
    asked = given.text(body, "field_type")
    if asked not in field_ids.TYPES:
        raise errors.bad_parameter("field_type", "field_type must be Text, Number or Date")
    made = await call.off_loop(
        call.rooms.fields.create, call.workspace, name, field_ids.TYPES[asked]
    )
    await call.off_loop(call.rooms.segments.recheck, call.workspace)
    return Reply(_shown(call, made))


async def rename(call: Call) -> Reply:
    """`PATCH /field_definitions/{id}` `{name}`; the type cannot change. Segments follow."""
    found = _find(call)
    body = await call.body()
    asked = body.get("field_type")
    if asked is not None and asked != field_ids.type_name(found):
        raise errors.bad_parameter("field_type", "the type of a field cannot be changed")
    renamed = await call.off_loop(call.rooms.fields.rename, call.workspace, found, _name(body))
    segments = call.rooms.segments
    await call.off_loop(follow_rename, segments, call.workspace, found.name, renamed.name)
    await call.off_loop(call.rooms.segments.recheck, call.workspace)
    return Reply(_shown(call, renamed))


async def delete(call: Call) -> Reply:
    """`DELETE /field_definitions/{id}`: 204. Segments that name the field become INVALID."""
    found = _find(call)
    rooms = call.rooms
    await call.off_loop(
        forget_field, rooms.fields, rooms.segments, rooms.clearing, call.workspace, found
    )
    return Reply(None, 204)


def _find(call: Call) -> Field:
    wanted = call.values["field_id"]
    found = field_ids.custom_fields(call.rooms.fields, call.workspace.no).get(wanted)
    if found is not None:
        return found
    if field_ids.find_reserved(wanted) is not None:
        raise errors.bad_parameter("custom_field_id", "reserved fields cannot be changed")
    raise errors.missing("field", "custom_field_id")


def _name(body: dict[str, Any]) -> str:
    name = given.text(body, "name", most=LONGEST_NAME)
    if not _NAME.fullmatch(name):
        raise errors.bad_parameter(
            "name",
            "name must have letters, digits and underscores only, and not begin with a digit",
        )
    if name.lower() in field_ids.RESERVED_NAMES:
        raise errors.bad_parameter("name", f"{name} is the name of a reserved field")
    return name


def _shown(call: Call, field: Field) -> dict[str, Any]:
    found = field_ids.id_of(field)
    return {
        "id": found,
        "name": field.name,
        "field_type": field_ids.type_name(field),
        "_metadata": {"self": f"{call.base}/field_definitions/{found}"},
    }
