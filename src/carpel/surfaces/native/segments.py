"""Segments: list, create, read, edit, delete, archive, restore, preview, members, explain."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from starlette.responses import Response

from carpel.domain.segments import Definition, Segment, members as membership
from carpel.domain.segments.explain import Explanation, explain as explain_contact
from carpel.domain.segments.preview import preview as preview_query
from carpel.kit import cursors
from carpel.kit.clock import DAY
from carpel.kit.instants import format_instant

from . import shapes
from .context import Call
from .problems import Problem

MOST_PAGE = 1000
MOST_MEMBERS_PAGE = 10_000
# A list waits this long for counts that time or data have just made stale.
PATIENCE_S = 0.25
TREND_DAYS = 30

Texts = list[str]  # inside a body `list` is a field


class SegmentBody(msgspec.Struct, forbid_unknown_fields=True):
    """What a segment can be made of; all of it is optional in an edit."""

    name: str | UnsetType = UNSET
    sql: str | UnsetType = UNSET
    document: Any = UNSET
    code: str | UnsetType = UNSET
    tags: Texts | UnsetType = UNSET
    teams: Texts | UnsetType = UNSET
    note: str | UnsetType = UNSET
    analytics: bool | UnsetType = UNSET
    list: str | UnsetType | None = UNSET


class PreviewBody(msgspec.Struct, forbid_unknown_fields=True):
    """A query to try."""

    sql: str | UnsetType = UNSET
    document: Any = UNSET
    list: str | UnsetType | None = UNSET


_segment_body = msgspec.json.Decoder(SegmentBody, float_hook=Decimal)
_preview_body = msgspec.json.Decoder(PreviewBody, float_hook=Decimal)


async def list_segments(call: Call) -> Response:
    """`GET /segments?limit=&cursor=&name=&tag=&team=&list=&archived=false|true|all`."""
    limit = call.number("limit", 100, MOST_PAGE)
    after = 0
    if (cursor := call.query("cursor")) is not None:
        after = int(call.place("segments", cursor, int)[0])
    archived = {"true": True, "all": None}.get(call.query("archived") or "false", False)
    everyone = call.rooms.segments.list_of(call.workspace, archived=archived)
    found = [one for one in everyone if one.no > after and _fits(call, one)]
    page = found[:limit]
    await call.off_loop(call.rooms.segments.settle, page, timeout_s=PATIENCE_S)
    more = len(found) > limit
    await _settle_trend(call)
    shown = [_shown(call, one) for one in page]
    following = cursors.encode("segments", page[-1].no) if more else None
    tag_of = [[_timeless(one) for one in shown], following]
    return call.answer({"data": shown, "next_cursor": following}, tag_of=tag_of)


async def create(call: Call) -> Response:
    """`POST /segments`: 201 with the segment, its count exact."""
    wanted = _definition(await _decoded(call, _segment_body))
    made = await call.off_loop(call.rooms.segments.create, call.workspace, wanted)
    await call.off_loop(call.rooms.segments.settle, [made])
    return call.answer(_shown(call, made), 201)


async def read(call: Call) -> Response:
    """`GET /segments/{id, code or name}`."""
    found = _segment(call)
    await call.off_loop(call.rooms.segments.settle, [found], timeout_s=PATIENCE_S)
    await _settle_trend(call)
    shown = _shown(call, found)
    return call.answer(shown, tag_of=_timeless(shown))


async def edit(call: Call) -> Response:
    """`PATCH /segments/{segment}`: what is given is changed."""
    body = await _decoded(call, _segment_body)
    found = _segment(call)
    wanted = _definition(body)
    changed = await call.off_loop(call.rooms.segments.edit, call.workspace, found, wanted)
    await call.off_loop(call.rooms.segments.settle, [changed])
    return call.answer(_shown(call, changed))


async def delete(call: Call) -> Response:
    """`DELETE /segments/{segment}`: 204."""
    await call.off_loop(call.rooms.segments.delete, _segment(call))
    return Response(status_code=204)


async def archive(call: Call) -> Response:
    """`POST /segments/{segment}/archive`: it leaves the lists."""
    found = await call.off_loop(call.rooms.segments.archive, _segment(call), archived=True)
    return call.answer(_shown(call, found))


async def restore(call: Call) -> Response:
    """`POST /segments/{segment}/restore`: it is back."""
    found = await call.off_loop(call.rooms.segments.archive, _segment(call), archived=False)
    return call.answer(_shown(call, found))


async def preview(call: Call) -> Response:
    """`POST /segments/preview`: exact count, up to 50 people, what each clause alone keeps."""
    body = await _decoded(call, _preview_body)
    wanted = Definition(
        sql=_given(body.sql), document=_given(body.document), list=_given(body.list)
    )
    rooms = call.rooms
    found = await call.off_loop(preview_query, rooms.segments, rooms.engine, call.workspace, wanted)
    people = await call.off_loop(rooms.contacts.read_many, call.workspace, found.sample)
    return call.answer(
        {
            "sql": found.sql,
            "document": found.document,
            "description": found.sentence,
            "count": shapes.count(found.count),
            "sample": [shapes.contact(one) for one in people],
            "clauses": [
                {"sql": one.sql, "description": one.sentence, "count": one.count}
                for one in found.clauses
            ],
        }
    )


async def members(call: Call) -> Response:
    """`GET /segments/{segment}/members?limit=&cursor=`: all pages show one moment.

    `changes_cursor` goes on from that moment in `/changes`; null when that cannot be said.
    """
    limit = call.number("limit", 1000, MOST_MEMBERS_PAGE)
    found = _segment(call)
    cursor = call.query("cursor")
    token, after = "", 0
    if cursor is not None:
        token, after = call.place("members", cursor, str, int)  # type: ignore[assignment]
    else:
        await call.off_loop(call.rooms.segments.settle, [found])
    page = await call.off_loop(
        membership.page, call.rooms.segments, call.rooms.feed, found, (token, after), limit
    )
    if page is None:
        raise Problem(410, "cursor_expired", "this cursor is too old; begin again without it")
    people = await call.off_loop(call.rooms.contacts.read_numbered, call.workspace, page.numbers)
    following = cursors.encode("members", page.token, page.numbers[-1]) if page.more else None
    position = None if page.position is None else cursors.encode("changes", page.position)
    return call.answer(
        {
            "at": format_instant(page.at),
            "total": page.total,
            "data": [shapes.member(one, page.entered_at.get(no)) for no, one in people],
            "next_cursor": following,
            "changes_cursor": position,
        }
    )


async def explain(call: Call) -> Response:
    """`GET /segments/{segment}/members/{contact}`: whether in, why, and until when."""
    found = _segment(call)
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
    return call.answer(_explained(why, since) | {"contact": shapes.contact(contact)})


def _explained(found: Explanation, since: int | None) -> dict[str, Any]:
    return {
        "member": found.member,
        "since": None if since is None else format_instant(since),
        "at": format_instant(found.at),
        "why": asdict(found.why),
        "next_change_at": (
            None if found.next_change_at is None else format_instant(found.next_change_at)
        ),
    }


def _segment(call: Call) -> Segment:
    return call.rooms.segments.read(call.workspace, call.values["segment"])


def _shown(call: Call, found: Segment) -> dict[str, Any]:
    shown = shapes.segment(found, call.rooms.segments)
    if call.query("include") == "trend":
        shown["trend"] = _trend(call, found)
    return shown


async def _settle_trend(call: Call) -> None:
    """Let the sizes of the counts that will be shown be written down first."""
    if call.query("include") == "trend":
        await call.off_loop(call.rooms.feed.flush)


def _trend(call: Call, found: Segment) -> list[int]:
    """The sizes of the last 30 days."""
    since = call.rooms.clock.now() - TREND_DAYS * DAY
    return [size for _, size in call.rooms.history.sizes(found.no, since)]


def _timeless(shown: dict[str, Any]) -> dict[str, Any]:
    """A segment without the instant of its count, which differs at each look."""
    count = {key: value for key, value in shown["count"].items() if key != "at"}
    return shown | {"count": count}


def _fits(call: Call, one: Segment) -> bool:
    """Whether a segment passes the filters of the query."""
    name, tag, team, list_id = (call.query(key) for key in ("name", "tag", "team", "list"))
    return (
        (name is None or name.lower() in one.name.lower())
        and (tag is None or tag in one.tags)
        and (team is None or team in one.teams)
        and (list_id is None or list_id == one.list)
    )


async def _decoded(call: Call, decoder: msgspec.json.Decoder[Any]) -> Any:
    try:
        return decoder.decode(await call.body())
    except msgspec.ValidationError as error:
        raise Problem(400, "bad_body", str(error)) from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise Problem(400, "not_json", f"the body is not JSON: {error}") from None


def _definition(body: SegmentBody) -> Definition:
    return Definition(
        **{name: _given(getattr(body, name)) for name in SegmentBody.__struct_fields__},
        clear_list=body.list is None,
    )


def _given(value: Any) -> Any:
    return None if value is UNSET else value
