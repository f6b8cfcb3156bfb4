"""The feed: asked for, waited for, or streamed as server-sent events."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from starlette.responses import Response, StreamingResponse

from carpel.domain.feed import Change, Changes
from carpel.kit import cursors
from carpel.kit.ids import id_text
from carpel.kit.instants import format_instant
from carpel.surfaces.wire.answers import json_bytes
from carpel.surfaces.wire.callers import many

from .context import Call
from .problems import Problem

MOST_PAGE = 10_000
LONGEST_WAIT_S = 60
_HEARTBEAT_S = 15
_STREAM_PAGE = 1_000


async def read(call: Call) -> Response:
    """`GET /changes?cursor=&segment=&limit=&wait=&from=now`.

    Without a cursor it begins with the oldest change kept, or with the next one when `from=now`.
    `next_cursor` is always there: changes after it are those not told yet. `wait` seconds are
    waited when there is nothing. With `Accept: text/event-stream` changes are streamed as they
    come, and `Last-Event-ID` goes on where a stream broke off.
    """
    segments = _segments(call)
    after = await _after(call)
    if "text/event-stream" in call.request.headers.get("accept", ""):
        first = await _found(call, after, segments, _STREAM_PAGE)
        return StreamingResponse(
            _stream(call, first, segments),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )
    limit = call.number("limit", 1_000, MOST_PAGE)
    found = await _wait(call, after, segments, limit)
    return call.answer(
        {
            "data": _shown(call, found.changes),
            "next_cursor": cursors.encode("changes", found.last),
            "more": found.more,
        }
    )


async def _wait(call: Call, after: int | None, segments: set[int] | None, limit: int) -> Changes:
    """Some changes; with `wait` and none there, those that come within so many seconds."""
    seconds = call.number("wait", 0, LONGEST_WAIT_S, least=0)
    deadline = asyncio.get_running_loop().time() + seconds
    with call.watch.waiting() as moved:
        while True:
            found = await _found(call, after, segments, limit)
            left = deadline - asyncio.get_running_loop().time()
            if found.changes or left <= 0 or call.watch.closing:
                return found
            after = found.last
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(moved.wait(), left)
            moved.clear()


async def _stream(call: Call, found: Changes, segments: set[int] | None) -> AsyncIterator[bytes]:
    """Each change as an event, its id a cursor; a comment now and then keeps the line open."""
    with call.watch.waiting() as moved:
        while True:
            for one, shown in zip(found.changes, _shown(call, found.changes), strict=True):
                cursor = cursors.encode("changes", one.seq).encode()
                yield b"id: " + cursor + b"\nevent: change\ndata: " + json_bytes(shown) + b"\n\n"
            if call.watch.closing:
                return
            if not found.more:
                try:
                    await asyncio.wait_for(moved.wait(), _HEARTBEAT_S)
                except TimeoutError:
                    yield b": still here\n\n"
                moved.clear()
            found = await _found(call, found.last, segments, _STREAM_PAGE)


async def _found(call: Call, after: int | None, segments: set[int] | None, limit: int) -> Changes:
    feed = call.rooms.feed
    return await call.off_loop(feed.changes, call.workspace.no, after, segments, limit)


async def _after(call: Call) -> int | None:
    """The number after which changes are asked for; None for the oldest."""
    cursor = call.request.headers.get("last-event-id") or call.query("cursor")
    if cursor is not None:
        return int(call.place("changes", cursor, int)[0])
    start = call.query("from") or "oldest"
    if start == "now":
        return await call.off_loop(call.rooms.feed.newest, call.workspace.no)
    if start != "oldest":
        raise Problem(400, "bad_parameter", "from is oldest or now", more={"parameter": "from"})
    return None


def _segments(call: Call) -> set[int] | None:
    references = many(call.request, "segment")
    if not references:
        return None
    return {call.rooms.segments.read(call.workspace, one).no for one in references}


def _shown(call: Call, changes: list[Change]) -> list[dict[str, Any]]:
    ids = call.rooms.segments.ids()
    return [
        {
            "seq": one.seq,
            "at": format_instant(one.at),
            "segment": ids.get(one.segment),
            "contact": id_text(one.contact),
            "change": "entered" if one.entered else "left",
            "cause": one.cause,
        }
        for one in changes
    ]
