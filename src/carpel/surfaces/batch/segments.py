"""`/segments/list` (contracts/batch.md §3)."""

from __future__ import annotations

from starlette.responses import Response

from carpel.domain.segments import Segment
from carpel.kit.instants import format_second

from . import paging
from .context import Call


async def list_segments(call: Call) -> Response:
    """Segments by creation, after a cursor. Archived ones are left out."""
    limit = paging.limit_of(call.request)
    cursors = paging.Cursors(call.workspace, "segments", r"[A-Z0-9_-]{1,64}")
    place = paging.place_of(call.request, cursors)
    everyone = call.rooms.segments.list_of(call.workspace)
    following = [one for one in everyone if place is None or one.created_at > place.instant]
    page, more = paging.cut(following, limit)
    last = cursors.make(page[-1].code, page[-1].created_at) if more else None
    return call.listing("segments", [_listed(one) for one in page], len(everyone), last)


def _listed(segment: Segment) -> dict[str, str]:
    return {
        "code": segment.code,
        "display_name": segment.name,
        "created_at": format_second(segment.created_at),
        "updated_at": format_second(segment.updated_at),
    }
