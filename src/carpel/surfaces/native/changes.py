"""The feed: asked for, waited for, or streamed as server-sent events."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import TypeVar

from starlette.responses import Response, StreamingResponse

from carpel.domain.feed import Change, Changes
from carpel.kit import cursors
from carpel.surfaces.wire.answers import json_bytes

from . import params, shapes
from .context import NDJSON, Call

PARAMS = (
    params.text("cursor", "Where to go on: `next_cursor` of the answer before."),
    params.texts("segment", "Only changes of these segments, by id, code or name."),
    params.number("limit", "How many changes an answer has at most.", most=10_000, default=1_000),
    params.number("wait", "Seconds to wait when there is nothing.", most=60, default=0, least=0),
    params.choice("from", "Where to begin without a cursor: with the oldest change kept, or the "
                  "next one.", ["oldest", "now"], "oldest"),
)  # fmt: skip
Shape = TypeVar("Shape", bound=shapes.Change)

_FLUSHED_WITHIN_S = 5.0
_HEARTBEAT_S = 15
_STREAM_PAGE = 1_000


async def read(call: Call) -> Response:
    """The feed: who entered and left which segment, in order, nothing missing and nothing twice.

    `next_cursor` is always there: changes after it are those not told yet. With
    `Accept: application/x-ndjson` all there are come at once, however many, each line with the `cursor`
    that goes on after it; the answer ends when there is nothing more, or nothing for `wait` seconds.
    With `Accept: text/event-stream` changes are streamed as they come, for ever, and `Last-Event-ID`
    goes on where a stream broke off.
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
    if call.wants_lines:
        first = await _found(call, after, segments, _STREAM_PAGE)
        return StreamingResponse(_lines(call, first, segments), media_type=NDJSON)
    found = await _wait(call, after, segments, call.given["limit"])
    return await call.off_loop(_answer, call, found)


def _answer(call: Call, found: Changes) -> Response:
    """Ten thousand changes take a while to show, which is not the loop's work."""
    following = cursors.encode("changes", found.last)
    shown = _shown(call, found.changes, shapes.Change)
    return call.answer(shapes.Changes(shown, following, found.more))


async def _wait(call: Call, after: int | None, segments: set[int] | None, limit: int) -> Changes:
    """Some changes; with `wait` and none there, those that come within so many seconds."""
    deadline = asyncio.get_running_loop().time() + call.given["wait"]
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
    """Each change as an event, its id a cursor.

    When nothing is told for a while, a comment keeps the line open, and an id without an event takes
    the reader's place along: who listens to few segments is not left behind what is kept.
    """
    clock = asyncio.get_running_loop().time
    yield b"retry: 2000\n\n"
    with call.watch.waiting() as moved:
        told = clock()
        while True:
            for one, shown in zip(
                found.changes, _shown(call, found.changes, shapes.Change), strict=True
            ):
                yield b"id: " + _cursor(one.seq) + b"\nevent: change\ndata: "
                yield json_bytes(shown) + b"\n\n"
                told = clock()
            if call.watch.closing:
                return
            if not found.more:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(moved.wait(), max(0.0, told + _HEARTBEAT_S - clock()))
                if clock() - told >= _HEARTBEAT_S:
                    yield b": still here\nid: " + _cursor(found.last) + b"\n\n"
                    told = clock()
                moved.clear()
            found = await _found(call, found.last, segments, _STREAM_PAGE)


def _cursor(seq: int) -> bytes:
    return cursors.encode("changes", seq).encode()


async def _lines(call: Call, found: Changes, segments: set[int] | None) -> AsyncIterator[bytes]:
    """Each change as a line; ends when there is nothing more."""
    with call.watch.waiting() as moved:
        while True:
            yield b"".join(
                json_bytes(shown) + b"\n"
                for shown in _shown(call, found.changes, shapes.ChangeLine)
            )
            if not found.more:
                if not call.given["wait"] or call.watch.closing:
                    return
                try:
                    await asyncio.wait_for(moved.wait(), call.given["wait"])
                except TimeoutError:
                    return
                moved.clear()
            found = await _found(call, found.last, segments, _STREAM_PAGE)


async def _found(call: Call, after: int | None, segments: set[int] | None, limit: int) -> Changes:
    feed = call.rooms.feed
    return await call.off_loop(feed.changes, call.workspace.no, after, segments, limit)


async def _after(call: Call) -> int | None:
    """The number after which changes are asked for; None for the oldest."""
    if call.request.headers.get("last-event-id") or call.given["cursor"]:
        return int(call.cursor("changes", int)[0])
    if call.given["from"] == "now":
        return await call.off_loop(_newest, call)
    return None


def _newest(call: Call) -> int:
    """The number of the last change told by now; what a count has shown already is before it."""
    call.rooms.feed.flush(_FLUSHED_WITHIN_S)
    return call.rooms.feed.newest(call.workspace.no)


def _segments(call: Call) -> set[int] | None:
    references = call.given["segment"]
    if not references:
        return None
    return {call.rooms.segments.read(call.workspace, one).no for one in references}


def _shown(call: Call, changes: list[Change], shape: type[Shape]) -> list[Shape]:
    ids = call.rooms.segments.ids()
    return [shape.of(one, ids) for one in changes]
