"""Segments v1: what is left of it, and what was removed (contracts/sendgrid.md §1).

One space of ids: what was made by any door, in any language, is listed, read and deleted here.
"""

from __future__ import annotations

from typing import Any

from carpel.domain.lists import List
from carpel.domain.refusals import Refusal
from carpel.domain.segments import Definition, Segment, written_tree
from carpel.kit.instants import format_second
from carpel.surfaces.wire.callers import flag

from . import definitions, errors, given, lists, query_json, views
from .context import Call, Reply

MOST_DELETED = 200


async def list_segments(call: Call) -> Reply:
    """`GET /segments`: all segments, or those that the truth table chooses."""
    chosen = views.choose(call)
    await views.settle(call, chosen)
    return Reply({"results": [_summary(call, one) for one in chosen]})


async def read(call: Call) -> Reply:
    """`GET /segments/{id}[?query_json=true]`: with its rules and up to 50 of its contacts."""
    segment = views.find(call)
    await views.settle(call, [segment])
    return Reply(await call.off_loop(_full, call, segment))


async def delete(call: Call) -> Reply:
    """`DELETE /segments/{id}`: 202. Contacts stay, whatever `delete_contacts` says."""
    await call.off_loop(call.rooms.segments.delete, views.find(call))
    return Reply({}, 202)


async def delete_many(call: Call) -> Reply:
    """`POST /segments/delete` `{ids}`: 202 when all went, else 200 with those that did not."""
    ids = given.texts(await call.body(), "ids", most=MOST_DELETED, needed=True)
    failed: list[dict[str, Any]] = []
    for one in dict.fromkeys(ids):
        if not given.is_id(one):
            failed.append({"id": one, "error": "invalid uuid"})
            continue
        segment = call.rooms.segments.by_id(call.workspace, one)
        if segment is None or segment.archived_at is not None:
            failed.append({"id": one, "error": "segment not found"})
            continue
        try:
            await call.off_loop(call.rooms.segments.delete, segment)
        except Refusal:
            failed.append({"id": one, "error": "in-use"})
    return Reply({"errors": failed}, 200) if failed else Reply({}, 202)


async def create(call: Call) -> Reply:
    """`POST /segments`: removed; with the legacy setting 201 (§1.4)."""
    if not call.manners.legacy:
        raise errors.removed("POST /v3/marketing/segments/2.0")
    body = await call.body()
    name = given.text(body, "name", most=definitions.LONGEST_NAME)
    wanted = _written(call, body, given.text(body, "query_dsl"), name)
    made = await definitions.create(call, wanted)
    return Reply(await call.off_loop(_full, call, made), 201)


async def edit(call: Call) -> Reply:
    """`PATCH /segments/{id}`: removed; with the legacy setting 200 (§1.4)."""
    if not call.manners.legacy:
        raise errors.removed("PATCH /v3/marketing/segments/2.0/{segment_id}")
    segment = views.find(call)
    body = await call.body()
    name = None
    if body.get("name") is not None:
        name = given.text(body, "name", most=definitions.LONGEST_NAME)
    text = None
    if body.get("query_dsl") is not None:
        text = given.text(body, "query_dsl")
    changed = await definitions.edit(call, segment, _written(call, body, text, name))
    return Reply(await call.off_loop(_full, call, changed))


def _written(call: Call, body: dict[str, Any], text: str | None, name: str | None) -> Definition:
    """A segment as v1 wrote them; the oldest form of a parent goes into the query as well."""
    parent = definitions.parent(call, body)
    if body.get("parent_list_id") is not None:
        parent = _oldest_parent(call, body)
        if text is not None:
            text = f"({text}) AND CONTAINS(list_ids, '{parent.id}')"
    found = parent.id if parent is not None else None
    return Definition(name=name, sql=text, list=found, dialect="sgql")


def _oldest_parent(call: Call, body: dict[str, Any]) -> List:
    wanted = given.text(body, "parent_list_id")
    return lists.by_ids(call, [wanted], "parent_list_id")[0]


def _summary(call: Call, one: Segment, view: views.View | None = None) -> dict[str, Any]:
    seen = view or views.look(call, one)
    summary: dict[str, Any] = {
        "id": one.id,
        "contacts_count": seen.count,
        "created_at": format_second(one.created_at),
        "sample_updated_at": views.second(seen.sampled_at),
        "updated_at": format_second(one.updated_at),
        "name": one.name,
        "next_sample_update": views.second(seen.next_at),
    }
    if one.list is not None:
        summary["parent_list_id"] = one.list
    return summary


def _full(call: Call, segment: Segment) -> dict[str, Any]:
    view = views.look(call, segment, sample=True)
    full = {
        **_summary(call, segment, view),
        "contacts_sample": views.sample(call, view),
        "query_dsl": segment.sql,
        **views.version(segment),
        "status": views.status(segment),
    }
    if segment.list is not None:
        full["parent_list_ids"] = [segment.list]
    if flag(call.request, "query_json"):
        written = written_tree(segment.dialect, segment.sql)
        full["query_json"] = written or query_json.tree(segment.document)
    return full
