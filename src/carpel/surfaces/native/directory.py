"""What concerns the data directory as a whole: workspaces, keys, verification, backups."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response, StreamingResponse

from carpel.domain.segments.verify import Difference, verify_segment

from . import shapes
from .bodies import KeyBody, VerifyBody, WorkspaceBody, read_body
from .context import Call
from .idempotency import NO_STORE
from .problems import Problem


async def list_workspaces(call: Call) -> Response:
    """All workspaces for a command on the directory, its own for a key."""
    found = call.rooms.workspaces.list_all() if call.key is None else [call.workspace]
    return call.answer(shapes.Page([shapes.Workspace.of(one) for one in found]))


async def create_workspace(call: Call) -> Response:
    """A new workspace. Only for commands on the directory."""
    if call.key is not None:
        raise Problem(403, "missing_permission", "a key of one workspace cannot make another")
    body = await read_body(call, WorkspaceBody)
    made = await call.off_loop(call.rooms.workspaces.create, body.name, body.project_key)
    return call.answer(shapes.Workspace.of(made), 201)


async def list_keys(call: Call) -> Response:
    """All keys without their secrets, revoked ones too."""
    keys = call.rooms.keys.list_of(call.workspace)
    return call.answer(shapes.Page([shapes.Key.of(one, call.workspace.name) for one in keys]))


async def create_key(call: Call) -> Response:
    """A new key; its secret is in this answer alone."""
    body = await read_body(call, KeyBody)
    keys, fresh = call.rooms.keys, call.fresh_id()
    if fresh and any(one.id == fresh for one in keys.list_of(call.workspace)):
        detail = f"this request made the key {fresh}, whose secret is lost: revoke it, make another"
        raise Problem(409, "secret_lost", detail)
    made, secret = await call.off_loop(
        call.rooms.keys.create,
        call.workspace,
        body.name,
        body.permissions,
        body.allow_ips,
        fresh,
    )
    answered = call.answer(shapes.Key.of(made, call.workspace.name, secret), 201)
    answered.headers["Cache-Control"] = NO_STORE
    return answered


async def revoke_key(call: Call) -> Response:
    """Nobody gets in with this key any more."""
    key = await call.off_loop(call.rooms.keys.revoke, call.values["key"], call.workspace)
    return call.answer(shapes.Key.of(key, call.workspace.name))


async def verify(call: Call) -> Response:
    """Recompute segments from scratch and compare contact by contact."""
    references = (await read_body(call, VerifyBody)).segments
    rooms = call.rooms
    chosen = [rooms.segments.read(call.workspace, one) for one in references] or (
        rooms.segments.list_of(call.workspace, archived=None)
    )
    results = []
    for segment in chosen:
        found = await call.off_loop(
            verify_segment, rooms.segments, rooms.engine, rooms.contacts, call.workspace, segment
        )
        results.append(
            shapes.Verified(
                segment.id,
                segment.name,
                found.count,
                found.recomputed,
                found.total,
                [_difference(one) for one in found.differences],
            )
        )
    return call.answer(shapes.Page(results))


async def backup(call: Call) -> Response:
    """The whole data directory at one moment, as a tar compressed with zstd."""
    if call.key is not None:
        raise Problem(403, "missing_permission", "a backup holds all workspaces; use the command")
    archive = await call.off_loop(call.rooms.back_up)
    return StreamingResponse(archive, media_type="application/zstd")


def _difference(one: Difference) -> dict[str, Any]:
    contact = shapes.Contact.of(one.contact) if one.contact is not None else None
    return {
        "contact": contact,
        "kept": one.kept,
        "recomputed": one.recomputed,
        "clause": one.clause,
    }
