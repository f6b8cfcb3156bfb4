"""`/segments/list` (contracts/batch.md §3)."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from carpel.domain.segments import Segment
from carpel.kit.instants import format_instant, format_second, parse_instant

from . import errors
from .context import Call

DEFAULT_LIMIT = 10
MOST = 100

_CURSOR = re.compile(r"([A-Z0-9_-]{1,64})@(\S+Z)")


async def list_segments(call: Call) -> dict[str, Any]:
    """Segments by creation, after a cursor. Archived ones are left out."""
    limit = _limit(call.request.query_params.get("limit"))
    after = _position(call.request.query_params.get("from"))
    everyone = call.rooms.segments.list_of(call.workspace)
    following = [segment for segment in everyone if segment.created_at > after]
    page = following[:limit]
    more = len(following) > limit
    answer: dict[str, Any] = {
        "segments": [_listed(segment) for segment in page],
        # The contract gives two readings; the total fits most samples (batch.md §3.4, row 1).
        "count": len(page) if call.page_count else len(everyone),
        "has_more": more,
    }
    if more:
        answer["next_from"] = cursor(page[-1])
    return answer


def cursor(segment: Segment) -> str:
    """The place after a segment: base64 of `code@created_at`, as the samples decode.

    The instant carries its microseconds. No two segments of a project share one, so the place
    holds when segments are renamed, deleted or created meanwhile.
    """
    text = f"{segment.code}@{format_instant(segment.created_at)}"
    return base64.b64encode(text.encode()).decode()


def _listed(segment: Segment) -> dict[str, str]:
    return {
        "code": segment.code,
        "display_name": segment.name,
        "created_at": format_second(segment.created_at),
        "updated_at": format_second(segment.updated_at),
    }


def _limit(text: str | None) -> int:
    """Raises BatchError (400) outside 1 to 100 (batch.md §3.4, row 7)."""
    if text is None:
        return DEFAULT_LIMIT
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MOST:
        raise errors.malformed(f"limit must be an integer between 1 and {MOST}")
    return int(text)


def _position(text: str | None) -> int:
    """The instant after which the page starts. A place of no known segment counts as well.

    Raises BatchError (400) for what is no cursor of this route.
    """
    if text is None:
        return -1
    try:
        # An unencoded "+" arrives as a space.
        decoded = base64.b64decode(text.replace(" ", "+"), validate=True).decode()
    except (binascii.Error, ValueError):
        raise errors.malformed("from is not a cursor of this route") from None
    match = _CURSOR.fullmatch(decoded)
    instant = parse_instant(match[2]) if match else None
    if instant is None:
        raise errors.malformed("from is not a cursor of this route")
    return instant
