"""`/segments/list` and `/segments/details` (contracts/braze.md §3.1, §3.2)."""

from __future__ import annotations

from typing import Any

from carpel.domain.segments import Segment
from carpel.kit.instants import format_second

from . import errors
from .context import Call

PAGE = 100


async def list_segments(call: Call) -> dict[str, Any]:
    """Pages of 100 by creation, archived ones left out; past the end an empty page."""
    segments = call.rooms.segments.list_of(call.workspace)
    page = page_of(call.request.query_params.get("page", ""))
    if call.request.query_params.get("sort_direction", "").lower() == "desc" and segments:
        newest = call.walks.newest_for(
            call.caller, page, segments[-1].created_at, call.rooms.clock.now()
        )
        segments = [one for one in reversed(segments) if one.created_at <= newest]
    start = PAGE * page
    return {"segments": [_listed(segment) for segment in segments[start : start + PAGE]]}


async def details(call: Call) -> dict[str, Any]:
    """One segment, flat. `description` is made from the rules; the user's words are
    `text_description`. Archived ones answer too (inferred, braze.md §9).
    """
    segment_id = call.request.query_params.get("segment_id", "")
    segment = call.rooms.segments.by_id(call.workspace, segment_id)
    if segment is None:
        raise errors.bad_segment_id()
    return {
        "created_at": _time(segment.created_at),
        "updated_at": _time(segment.updated_at),
        "name": segment.name,
        "description": segment.sentence,
        "text_description": segment.note,
        "tags": list(segment.tags),
        "teams": list(segment.teams),
    }


def _listed(segment: Segment) -> dict[str, Any]:
    """Exactly four keys in this order; clients rely on both (braze.md §3.1)."""
    return {
        "id": segment.id,
        "name": segment.name,
        "analytics_tracking_enabled": segment.analytics,
        "tags": list(segment.tags),
    }


def page_of(text: str) -> int:
    """The page asked for; what is no whole number of zero or more counts as 0 (inferred)."""
    digits = text.strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 0  # noqa: PLR2004


def _time(instant: int) -> str:
    """As live `last_edited` is written: +00:00, whole seconds (braze.md §3.2)."""
    return format_second(instant).replace("Z", "+00:00")
