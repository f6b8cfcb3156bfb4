"""Segments: listed, made, read, changed, deleted, archived, restored, previewed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import msgspec
from starlette.responses import Response

from carpel.domain.segments import Definition, Segment
from carpel.domain.segments.preview import preview as preview_query
from carpel.domain.segments.use import InUse, User, uses_list
from carpel.kit import cursors
from carpel.kit.clock import DAY

from . import params, shapes
from .bodies import PreviewBody, SegmentBody, given, read_body
from .context import Call

MOST_PAGE = 1000
# A list waits this long for counts that time or data have just made stale.
PATIENCE_S = 0.25
TREND_DAYS = 30

INCLUDE = params.choice("include", f"`trend` adds the sizes of {TREND_DAYS} days.", ["trend"])
LIST_PARAMS = (
    params.LIMIT,
    params.CURSOR,
    params.text("name", "Only those whose name contains this, whatever its case."),
    params.text("tag", "Only those with this tag."),
    params.text("team", "Only those of this team."),
    params.text("list", "Only those restricted to this list, or with rules that ask for it."),
    params.choice("archived", "Archived ones: none, only those, or as well.",
                  ["false", "true", "all"], "false"),
    INCLUDE,
)  # fmt: skip


async def list_segments(call: Call) -> Response:
    """All segments, in the order of their making."""
    limit: int = call.given["limit"]
    after = int(call.cursor("segments", int)[0]) if call.given["cursor"] else 0
    archived = {"true": True, "all": None}.get(call.given["archived"], False)
    everyone = call.rooms.segments.list_of(call.workspace, archived=archived)
    found = [one for one in everyone if one.no > after]
    for fit in _filters(call):
        found = [one for one in found if fit(one)]
    page = found[:limit]
    await call.off_loop(call.rooms.segments.settle, page, timeout_s=PATIENCE_S)
    await _settle_trend(call)
    shown = [_shown(call, one) for one in page]
    following = cursors.encode("segments", page[-1].no) if len(found) > limit else None
    tag_of = [[_timeless(one) for one in shown], following]
    return call.answer(shapes.Page(shown, following), tag_of=tag_of)


async def create(call: Call) -> Response:
    """A new segment; its count is exact when this answers."""
    wanted = _definition(await read_body(call, SegmentBody))
    made = _made_before(call)
    if made is None:
        wanted = replace(wanted, id=call.fresh_id())
        made = await call.off_loop(call.rooms.segments.create, call.workspace, wanted)
    await call.off_loop(call.rooms.segments.settle, [made])
    return call.created(_shown(call, made), f"/segments/{made.id}")


async def read(call: Call) -> Response:
    """One segment, by id, code or exact name."""
    found = segment_of(call)
    await call.off_loop(call.rooms.segments.settle, [found], timeout_s=PATIENCE_S)
    await _settle_trend(call)
    shown = _shown(call, found)
    return call.answer(shown, tag_of=_timeless(shown))


async def edit(call: Call) -> Response:
    """What is given is changed; new rules make a new version."""
    body = await read_body(call, SegmentBody)
    found = segment_of(call)
    changed = await call.off_loop(
        call.rooms.segments.edit, call.workspace, found, _definition(body)
    )
    await call.off_loop(call.rooms.segments.settle, [changed])
    return call.answer(_shown(call, changed))


async def delete(call: Call) -> Response:
    """Delete a segment and its history for good; refused while something refers to it."""
    found = segment_of(call)
    users = await call.off_loop(users_of, call, found)
    if users:
        raise InUse(users)
    await call.off_loop(call.rooms.segments.delete, found)
    return Response(status_code=204)


async def archive(call: Call) -> Response:
    """It leaves the lists; it is kept up to date all the same."""
    found = await call.off_loop(call.rooms.segments.archive, segment_of(call), archived=True)
    return call.answer(_shown(call, found))


async def restore(call: Call) -> Response:
    """It is back in the lists."""
    found = await call.off_loop(call.rooms.segments.archive, segment_of(call), archived=False)
    return call.answer(_shown(call, found))


async def preview(call: Call) -> Response:
    """What a query would give now: exact count, up to 50 people, what each clause alone keeps."""
    body = await read_body(call, PreviewBody)
    wanted = Definition(sql=given(body.sql), document=given(body.document), list=given(body.list))
    rooms = call.rooms
    found = await call.off_loop(preview_query, rooms.segments, rooms.engine, call.workspace, wanted)
    people = await call.off_loop(rooms.contacts.read_many, call.workspace, found.sample)
    return call.answer(
        shapes.Preview(
            found.sql,
            found.document,
            found.sentence,
            shapes.Count.of(found.count),
            [shapes.Contact.of(one) for one in people],
            [shapes.Clause(one.sql, one.sentence, one.count) for one in found.clauses],
        )
    )


def segment_of(call: Call) -> Segment:
    """The segment that the path names by id, code or exact name."""
    return call.rooms.segments.read(call.workspace, call.values["segment"])


def users_of(call: Call, found: Segment) -> list[User]:
    """What refers to a segment."""
    segments = call.rooms.segments.users(found)
    return [
        *(User("segment", one.id, one.name) for one in segments),
        *call.rooms.webhooks.using(call.workspace.no, found.no),
    ]


def _shown(call: Call, found: Segment) -> shapes.Segment:
    shown = shapes.Segment.of(found, call.rooms.segments)
    if call.given.get("include") == "trend":
        shown.trend = _trend(call, found)
    return shown


async def _settle_trend(call: Call) -> None:
    """Let the sizes of the counts that will be shown be written down first."""
    if call.given["include"] == "trend":
        await call.off_loop(call.rooms.feed.flush)


def _trend(call: Call, found: Segment) -> list[int]:
    """The sizes of the last 30 days."""
    since = call.rooms.clock.now() - TREND_DAYS * DAY
    return [size for _, size in call.rooms.history.sizes(found.no, since)]


def _timeless(shown: shapes.Segment) -> shapes.Segment:
    """A segment without the instant of its count, which differs at each look."""
    return msgspec.structs.replace(shown, count=msgspec.structs.replace(shown.count, at=""))


def _filters(call: Call) -> list[Callable[[Segment], bool]]:
    """What a segment has to pass by the query; nothing for what it does not ask."""
    name, tag, team, used = (call.given[key] for key in ("name", "tag", "team", "list"))
    filters: list[Callable[[Segment], bool]] = []
    if name is not None:
        part = name.lower()
        filters.append(lambda one: part in one.name.lower())
    if tag is not None:
        filters.append(lambda one: tag in one.tags)
    if team is not None:
        filters.append(lambda one: team in one.teams)
    if used is not None:
        found = call.rooms.lists.find(call.workspace.no, used)
        segments = call.rooms.segments
        filters.append(lambda one: found is not None and uses_list(segments, one, found.no))
    return filters


def _made_before(call: Call) -> Segment | None:
    """What this very request made before a crash that cost its answer."""
    everyone = call.rooms.segments.list_of(call.workspace, archived=None)
    fresh = call.fresh_id()
    return next((one for one in everyone if one.id == fresh), None) if fresh else None


def _definition(body: SegmentBody) -> Definition:
    return Definition(
        **{name: given(getattr(body, name)) for name in SegmentBody.__struct_fields__},
        clear_list=body.list is None,
    )
