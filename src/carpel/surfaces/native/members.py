"""Who is in a segment, since when, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

import msgspec
from starlette.responses import Response, StreamingResponse

from carpel.domain.segments import Segment, members as membership
from carpel.domain.segments.explain import explain as explain_contact
from carpel.kit import cursors
from carpel.kit.instants import format_instant
from carpel.surfaces.wire.answers import json_bytes

from . import params, shapes
from .context import NDJSON, Call
from .problems import Problem
from .segments import segment_of

_LINES_AT_ONCE = 2_000

MEMBERS_PARAMS = (
    params.number("limit", "How many members a page has at most.", most=10_000, default=1_000),
    params.CURSOR,
)


async def members(call: Call) -> Response:
    """The members in order of age; with `Accept: application/x-ndjson` all of them, a line each.

    Pages with the same `at` are of one moment. A cursor is good for ever: long after, or when the
    server has been restarted, the next page is of its own moment, and each member who stayed is still
    on one page only. `changes_cursor` goes on from the first page in `/changes`, and so brings what
    was read up to date; null when that cannot be said.
    """
    found = segment_of(call)
    place = membership.Place()
    if call.given["cursor"]:
        number, *rest = call.cursor("members", int, str, int, int)
        if number != found.no:
            detail = "cursor: not a cursor of this segment"
            raise Problem(400, "bad_cursor", detail, more={"parameter": "cursor"})
        place = membership.Place(*rest)  # type: ignore[arg-type]
    if call.wants_lines:
        return StreamingResponse(_lines(call, found, place.after), media_type=NDJSON)
    # Ten thousand contacts take a while to show, which is not the loop's work.
    shown = await call.off_loop(_page, call, found, place)
    return await call.off_loop(call.answer, shown)


def _page(call: Call, found: Segment, place: membership.Place) -> shapes.Members:
    page = membership.page(call.rooms, call.moments, found, place, call.given["limit"])
    people = call.rooms.contacts.read_numbered(call.workspace, page.numbers)
    data = [shapes.Member.in_since(one, page.entered_at.get(no)) for no, one in people]
    following = page.place and cursors.encode("members", found.no, *page.place)
    position = None if page.position is None else cursors.encode("changes", page.position)
    return shapes.Members(format_instant(page.at), page.total, data, following, position)


def _lines(call: Call, found: Segment, after: int) -> Iterator[bytes]:
    """All members of this moment with numbers above one, page by page, a line each."""
    rooms = call.rooms
    for page in membership.pages(rooms.segments, rooms.feed, found, _LINES_AT_ONCE, after):
        people = rooms.contacts.read_numbered(call.workspace, page.numbers)
        yield b"".join(
            json_bytes(shapes.Member.in_since(one, page.entered_at.get(no))) + b"\n"
            for no, one in people
        )


async def explain(call: Call) -> Response:
    """Whether a contact is in, since when and why, and when time alone would change it."""
    found = segment_of(call)
    reference = call.values["contact"]
    rooms = call.rooms
    number = await call.off_loop(rooms.contacts.number, call.workspace, reference)
    contact = await call.off_loop(rooms.contacts.find, call.workspace, reference)
    if number is None or contact is None:
        raise Problem(404, "no_such_contact", f"there is no contact {reference!r}")
    why = await call.off_loop(
        explain_contact, rooms.segments, rooms.engine, call.workspace, found, (number, contact)
    )
    since = None
    if why.member:
        since = await call.off_loop(membership.since, rooms.segments, rooms.feed, found, number)
    return call.answer(
        shapes.Explanation(
            why.member,
            shapes.instant(since),
            format_instant(why.at),
            msgspec.convert(asdict(why.why), shapes.Why),
            shapes.instant(why.next_change_at),
            shapes.Contact.of(contact),
        )
    )
