"""Segments made and changed, in either language, with this door's limits and errors."""

from __future__ import annotations

from typing import Any

from carpel.domain.lists import List
from carpel.domain.refusals import Conflict
from carpel.domain.segments import BadQuery, Definition, Segment

from . import errors, given, lists
from .context import Call

LONGEST_NAME = 100
# Frozen ones of v1 count too (§2.8).
MOST_SEGMENTS = 200
MOST_PARENTS = 1


def parent(call: Call, body: dict[str, Any]) -> List | None:
    """The one list in `parent_list_ids`, if any.

    Raises:
        SendGridError: more than one, or one that is not there.
    """
    ids = given.texts(body, "parent_list_ids", most=50)
    if len(ids) > MOST_PARENTS:
        raise errors.bad_parameter("parent_list_ids", "only one parent list id is allowed")
    return lists.by_ids(call, ids, "parent_list_ids")[0] if ids else None


async def create(call: Call, wanted: Definition) -> Segment:
    """A new segment.

    Raises:
        SendGridError: the name is taken, there are too many, or the query is wrong.
    """
    segments = call.rooms.segments
    if len(segments.list_of(call.workspace)) >= MOST_SEGMENTS:
        raise errors.bad_parameter("name", f"an account has at most {MOST_SEGMENTS} segments")
    try:
        made = await call.off_loop(segments.create, call.workspace, wanted)
    except BadQuery as bad:
        raise errors.of_query(bad, "query_dsl", hints=wanted.dialect != "sgql") from None
    except Conflict:
        raise _taken(wanted) from None
    call.rooms.samples.wake()
    return made


async def edit(call: Call, segment: Segment, wanted: Definition) -> Segment:
    """The segment changed.

    Raises:
        SendGridError: the name is taken, or the query is wrong.
    """
    segments = call.rooms.segments
    try:
        return await call.off_loop(segments.edit, call.workspace, segment, wanted)
    except BadQuery as bad:
        raise errors.of_query(bad, "query_dsl", hints=wanted.dialect != "sgql") from None
    except Conflict:
        raise _taken(wanted) from None


def _taken(wanted: Definition) -> errors.SendGridError:
    return errors.bad_parameter("name", f"a segment named {wanted.name!r} exists already")
