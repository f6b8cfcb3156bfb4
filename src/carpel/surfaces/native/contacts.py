"""One contact; the fields and the lists."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from . import shapes
from .context import Call
from .problems import Problem


async def read(call: Call) -> Response:
    """`GET /contacts/{id, external_id or email}`."""
    reference = call.values["contact"]
    found = await call.off_loop(call.rooms.contacts.find, call.workspace, reference)
    if found is None:
        raise Problem(404, "no_such_contact", f"there is no contact {reference!r}")
    return call.answer(shapes.contact(found))


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
