"""A segment as this door shows it: how many, as of when, and who for example.

Live, the count is exact now and says so; on the vendor's schedule, both are as of the last look
(contracts/sendgrid.md §5).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from carpel.domain.samples import MOST_A_DAY
from carpel.domain.segments import Segment
from carpel.domain.segments.search import tally_segment
from carpel.kit.instants import format_second
from carpel.surfaces.wire.callers import flag, many

from . import errors, shapes
from .context import Call

MOST_SAMPLED = 50
MOST_PARENTS = 50
# An answer waits this long for counts that time or data have just made stale.
PATIENCE_S = 0.25


@dataclass(frozen=True)
class View:
    """What can be said of a segment; instants None before the first look."""

    count: int
    sampled_at: int | None
    next_at: int | None
    numbers: tuple[int, ...]


async def settle(call: Call, segments: Sequence[Segment]) -> None:
    """Wait a moment until the counts of these are exact."""
    if not call.manners.vendor_cadence:
        await call.off_loop(call.rooms.segments.settle, list(segments), timeout_s=PATIENCE_S)


def look(call: Call, segment: Segment, *, sample: bool = False) -> View:
    """The segment as it is now, or as it was at the last scheduled look."""
    if call.manners.vendor_cadence:
        taken = call.rooms.samples.find(segment)
        if taken is None:
            return View(0, None, None, ())
        return View(taken.size, taken.taken_at, taken.next_at, taken.numbers)
    count = call.rooms.segments.count(segment)
    # The count is live: it is already what the next look would give.
    return View(count.value, count.at, count.at, _members(call, segment) if sample else ())


def choose(call: Call) -> list[Segment]:
    """The segments that the truth table of the contract chooses (§1.1).

    Raises:
        SendGridError: too many `parent_list_ids`.
    """
    wanted = {one.lower() for one in many(call.request, "ids")}
    given = many(call.request, "parent_list_ids")
    without = flag(call.request, "no_parent_list_id")
    if len(given) > MOST_PARENTS and not wanted:
        raise errors.bad_parameter(
            "parent_list_ids", f"no more than {MOST_PARENTS} parent_list_ids are allowed"
        )
    parents = {one.lower() for one in given}
    everyone = call.rooms.segments.list_of(call.workspace)
    return [one for one in everyone if _chosen(one, wanted, parents, without=without)]


def find(call: Call) -> Segment:
    """The segment that the path names.

    Raises:
        SendGridError: 404.
    """
    found = call.rooms.segments.by_id(call.workspace, call.values["segment_id"])
    if found is None or found.archived_at is not None:
        raise errors.no_segment()
    return found


def sample(call: Call, view: View) -> list[dict[str, Any]]:
    """Up to 50 members, spread evenly, with the segments each is in."""
    return shapes.read_contacts(call, view.numbers, "sample")


def version(segment: Segment) -> dict[str, str]:
    """`query_version`, which segments in the first language do not have."""
    return {} if segment.dialect == "sgql" else {"query_version": "2"}


def status(segment: Segment) -> dict[str, str]:
    """Whether the rules make sense still; why not, if not."""
    if segment.problem is not None:
        return {"query_validation": "INVALID", "error_message": segment.problem}
    return {"query_validation": "VALID"}


def second(instant: int | None) -> str | None:
    """An instant as text; null before the first look."""
    return None if instant is None else format_second(instant)


def refreshes(call: Call, segment: Segment) -> dict[str, Any]:
    """What is known of refreshes by hand; nothing before the first one, as live."""
    found = call.rooms.samples.refreshes(call.workspace, segment)
    if found is None:
        return {}
    return {
        "refreshes_used": found.used,
        "max_refreshes": MOST_A_DAY,
        "last_refreshed_at": format_second(found.last_at),
    }


def identifier_counts(call: Call, segment: Segment) -> dict[str, int]:
    """By kind of identifier, exact now (live answers have it, the spec has not)."""
    tally = tally_segment(call.rooms.segments, call.rooms.engine, call.workspace, segment)
    return shapes.identifier_counts(tally)


def _members(call: Call, segment: Segment) -> tuple[int, ...]:
    published = call.rooms.segments.members(segment)
    if published is None:
        return ()
    step = max(1, len(published.members) // MOST_SAMPLED)
    return tuple(published.members[::step][:MOST_SAMPLED])


def _chosen(one: Segment, wanted: set[str], parents: set[str], *, without: bool) -> bool:
    """The truth table, row by row from the bottom."""
    if wanted:
        return one.id in wanted
    if not parents and not without:
        return True
    return (one.list is not None and one.list in parents) or (without and one.list is None)
