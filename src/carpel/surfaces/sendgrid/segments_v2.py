"""Segments 2.0 (contracts/sendgrid.md §2)."""

from __future__ import annotations

from typing import Any

from carpel.domain.refusals import Invalid
from carpel.domain.samples import TooOften
from carpel.domain.segments import Definition, Segment
from carpel.kit.clock import MINUTE
from carpel.kit.ids import new_id
from carpel.kit.instants import format_second

from . import definitions, errors, given, views
from .context import Call, Reply

LOCKED_FOR = 5 * MINUTE


async def create(call: Call) -> Reply:
    """`POST /segments/2.0` `{name, query_dsl, parent_list_ids?}`: 201, not looked at yet (live)."""
    body = await call.body()
    name = given.text(body, "name", most=definitions.LONGEST_NAME)
    text = given.text(body, "query_dsl")
    within = definitions.parent(call, body)
    made = await definitions.create(
        call,
        Definition(name=name, sql=text, list=within.id if within else None, dialect="sql2"),
    )
    shown = _shown(made, views.View(0, None, None, ()), contacts_sample=[])
    if call.manners.pending:
        shown["status"] = {"query_validation": "PENDING"}
    return Reply(shown, 201)


async def list_segments(call: Call) -> Reply:
    """`GET /segments/2.0`: the truth table again; items have no `query_dsl` (live)."""
    chosen = views.choose(call)
    await views.settle(call, chosen)
    shown = [_shown(one, views.look(call, one)) for one in chosen]
    for one in shown:
        del one["query_dsl"]
    return Reply({"results": shown})


async def read(call: Call) -> Reply:
    """`GET /segments/2.0/{id}[?contacts_sample=false]`; the sample is there by default."""
    segment = views.find(call)
    with_sample = (call.query("contacts_sample") or "true").lower() not in ("false", "0", "no")
    await views.settle(call, [segment])
    return Reply(await call.off_loop(_full, call, segment, with_sample))


async def edit(call: Call) -> Reply:
    """`PATCH /segments/2.0/{id}` `{name?, query_dsl?}`: once in five minutes."""
    segment = views.find(call)
    body = await call.body()
    if body.get("name") is None and body.get("query_dsl") is None:
        raise errors.bad_parameter("name", "name or query_dsl is required")
    name = text = None
    if body.get("name") is not None:
        name = given.text(body, "name", most=definitions.LONGEST_NAME)
    if body.get("query_dsl") is not None:
        text = given.text(body, "query_dsl")
    if call.rooms.clock.now() < segment.updated_at + LOCKED_FOR:
        raise errors.too_soon()
    wanted = Definition(name=name, sql=text, dialect="sql2")
    changed = await definitions.edit(call, segment, wanted)
    await views.settle(call, [changed])
    seen = views.look(call, changed)
    # Until the next look there is no sample and no time for one (live).
    seen = views.View(seen.count, seen.sampled_at, None, ())
    return Reply(_shown(changed, seen, contacts_sample=[]))


async def delete(call: Call) -> Reply:
    """`DELETE /segments/2.0/{id}`: 202 without a body. Contacts stay."""
    await call.off_loop(call.rooms.segments.delete, views.find(call))
    return Reply(None, 202)


async def refresh(call: Call) -> Reply:
    """`POST /segments/2.0/refresh/{id}` `{user_time_zone}`: 202, its own form of errors (§2.7)."""
    segment = call.rooms.segments.by_id(call.workspace, call.values["segment_id"])
    if segment is None or segment.archived_at is not None:
        raise errors.no_refresh(404, "Segment does not exist.")
    zone = (await call.body()).get("user_time_zone")
    if not isinstance(zone, str) or not zone:
        raise errors.no_refresh(400, "user_time_zone is required.")
    try:
        await call.off_loop(call.rooms.samples.refresh, call.workspace, segment, zone)
    except Invalid as refusal:
        raise errors.no_refresh(400, f"{refusal.message}.") from None
    except TooOften as refusal:
        raise errors.no_refresh(429, f"{refusal.message}.") from None
    return Reply({"job_id": new_id()}, 202)


def _full(call: Call, segment: Segment, with_sample: bool) -> dict[str, Any]:  # noqa: FBT001
    view = views.look(call, segment, sample=with_sample)
    more: dict[str, Any] = {"identifier_counts": views.identifier_counts(call, segment)}
    if with_sample:
        more["contacts_sample"] = views.sample(call, view)
    return {**_shown(segment, view, **more), **views.refreshes(call, segment)}


def _shown(segment: Segment, view: views.View, **more: Any) -> dict[str, Any]:
    """The fields in the order in which live has them; `more` comes after the count."""
    return {
        "id": segment.id,
        "name": segment.name,
        "query_dsl": segment.sql,
        **views.version(segment),
        "contacts_count": view.count,
        **more,
        "sample_updated_at": views.second(view.sampled_at),
        "next_sample_update": views.second(view.next_at),
        "created_at": format_second(segment.created_at),
        "updated_at": format_second(segment.updated_at),
        "parent_list_ids": None if segment.list is None else [segment.list],
        "status": views.status(segment),
    }
