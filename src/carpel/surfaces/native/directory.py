"""What concerns the data directory as a whole: workspaces, keys, verification, backups."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response, StreamingResponse

from carpel.domain.segments.verify import Difference, verify_segment
from carpel.domain.workspaces import Workspace

from . import shapes
from .context import Call
from .problems import Problem


async def list_workspaces(call: Call) -> Response:
    """`GET /workspaces`: all of them for a command on the directory, its own for a key."""
    found = call.rooms.workspaces.list_all() if call.key is None else [call.workspace]
    return call.answer({"data": [shapes.workspace(one) for one in found], "next_cursor": None})


async def create_workspace(call: Call) -> Response:
    """`POST /workspaces` `{name, project_key?}`: 201. Only for commands on the directory."""
    if call.key is not None:
        raise Problem(403, "missing_permission", "a key of one workspace cannot make another")
    body = await _object(call, {"name", "project_key"})
    name, project_key = body.get("name"), body.get("project_key")
    if not isinstance(name, str) or not isinstance(project_key, str | None):
        raise Problem(400, "bad_body", "name is a text, and project_key if given")
    made = await call.off_loop(call.rooms.workspaces.create, name, project_key)
    return call.answer(shapes.workspace(made), 201)


async def list_keys(call: Call) -> Response:
    """`GET /keys`: without secrets, revoked ones too."""
    keys = call.rooms.keys.list_of(call.workspace)
    data = [shapes.key(one, call.workspace.name) for one in keys]
    return call.answer({"data": data, "next_cursor": None})


async def create_key(call: Call) -> Response:
    """`POST /keys` `{name, permissions, allow_ips?}`: 201 with the secret, this once."""
    body = await _object(call, {"name", "permissions", "allow_ips"})
    name = body.get("name")
    permissions, allow_ips = body.get("permissions"), body.get("allow_ips", [])
    if not isinstance(name, str) or not _texts(permissions) or not _texts(allow_ips):
        raise Problem(
            400, "bad_body", "name is a text, permissions and allow_ips are arrays of texts"
        )
    key, secret = await call.off_loop(
        call.rooms.keys.create, call.workspace, name, permissions, allow_ips
    )
    return call.answer({**shapes.key(key, call.workspace.name), "key": secret}, 201)


async def revoke_key(call: Call) -> Response:
    """`DELETE /keys/{id}`: nobody gets in with it any more."""
    key = await call.off_loop(call.rooms.keys.revoke, call.values["key"], call.workspace)
    return call.answer(shapes.key(key, call.workspace.name))


async def verify(call: Call) -> Response:
    """`POST /verify` `{segments?: [ref]}`: recompute and compare contact by contact."""
    body = await _object(call, {"segments"})
    references = body.get("segments", [])
    if not _texts(references):
        raise Problem(400, "bad_body", "segments is an array of ids, codes or names")
    rooms = call.rooms
    chosen = [rooms.segments.read(call.workspace, one) for one in references] or (
        rooms.segments.list_of(call.workspace, archived=None)
    )
    results = []
    for segment in chosen:
        found = await call.off_loop(verify_segment, rooms.segments, rooms.engine, segment)
        differences = [_difference(call, call.workspace, one) for one in found.differences]
        results.append(
            {
                "segment": segment.id,
                "name": segment.name,
                "count": found.count,
                "recomputed": found.recomputed,
                "total_differences": found.total,
                "differences": differences,
            }
        )
    return call.answer({"data": results})


async def backup(call: Call) -> Response:
    """`GET /backup`: the whole directory at one moment, as a tar compressed with zstd."""
    if call.key is not None:
        raise Problem(403, "missing_permission", "a backup holds all workspaces; use the command")
    archive = await call.off_loop(call.rooms.back_up)
    return StreamingResponse(archive, media_type="application/zstd")


def _difference(call: Call, workspace: Workspace, one: Difference) -> dict[str, Any]:
    people = call.rooms.contacts.read_many(workspace, [one.number])
    contact = shapes.contact(people[0]) if people else None
    return {"contact": contact, "kept": one.kept, "recomputed": one.recomputed}


async def _object(call: Call, keys: set[str]) -> dict[str, Any]:
    body = await call.json()
    if not isinstance(body, dict):
        raise Problem(400, "bad_body", "the body is a JSON object")
    for name in body:
        if name not in keys:
            raise Problem(
                400, "bad_body", f"{name} does not fit here", more={"pointer": f"/{name}"}
            )
    return body


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)
