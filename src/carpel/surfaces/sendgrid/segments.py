"""Segments v1: list with its truth table, and one by id (contracts/sendgrid.md §1.1, §1.2)."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool

from carpel.domain.contacts import Contact
from carpel.domain.segments import Segment
from carpel.kit.instants import format_second
from carpel.surfaces.wire.callers import flag, many

from . import errors
from .context import Call

MOST_PARENTS = 50
MOST_SAMPLED = 50
# An answer waits this long for counts that time or data have just made stale.
PATIENCE_S = 0.25


async def list_segments(call: Call) -> dict[str, Any]:
    """All segments, or those that the truth table of the contract chooses."""
    wanted = many(call.request, "ids")
    parents = many(call.request, "parent_list_ids")
    without = flag(call.request, "no_parent_list_id")
    if len(parents) > MOST_PARENTS and not wanted:
        raise errors.bad_parameter(
            "parent_list_ids", f"no more than {MOST_PARENTS} parent_list_ids are allowed"
        )
    everyone = call.rooms.segments.list_of(call.workspace)
    chosen = [one for one in everyone if _chosen(one, wanted, parents, without=without)]
    await run_in_threadpool(call.rooms.segments.settle, chosen, timeout_s=PATIENCE_S)
    return {"results": [_summary(call, one) for one in chosen]}


async def read(call: Call) -> dict[str, Any]:
    """One segment with its rules and up to 50 of its contacts."""
    segment = call.rooms.segments.by_id(call.workspace, call.values["segment_id"])
    if segment is None or segment.archived_at is not None:
        raise errors.no_segment()
    await run_in_threadpool(call.rooms.segments.settle, [segment], timeout_s=PATIENCE_S)
    full = {
        **_summary(call, segment),
        "contacts_sample": await run_in_threadpool(_sample, call, segment),
        "query_dsl": segment.sql,
        "query_version": "2",
        "status": {"query_validation": "VALID"},
    }
    if segment.list is not None:
        full["parent_list_ids"] = [segment.list]
    return full


def _chosen(one: Segment, wanted: list[str], parents: list[str], *, without: bool) -> bool:
    """The truth table of the seed, row by row from the bottom."""
    if wanted:
        return one.id in wanted
    if not parents and not without:
        return True
    return (one.list is not None and one.list in parents) or (without and one.list is None)


def _summary(call: Call, one: Segment) -> dict[str, Any]:
    count = call.rooms.segments.count(one)
    summary: dict[str, Any] = {
        "id": one.id,
        "contacts_count": count.value,
        "created_at": format_second(one.created_at),
        "sample_updated_at": format_second(count.at),
        "updated_at": format_second(one.updated_at),
        "name": one.name,
        # The count is live: it is already what the next refresh would give.
        "next_sample_update": format_second(count.at),
    }
    if one.list is not None:
        summary["parent_list_id"] = one.list
    return summary


def _sample(call: Call, segment: Segment) -> list[dict[str, Any]]:
    """Up to 50 members, spread evenly, with the segments each is in."""
    published = call.rooms.segments.members(segment)
    if published is None:
        return []
    step = max(1, len(published.members) // MOST_SAMPLED)
    numbers = list(published.members[::step])[:MOST_SAMPLED]
    everyone = call.rooms.segments.list_of(call.workspace)
    memberships = [(one.id, call.rooms.segments.members(one)) for one in everyone]
    base = str(call.request.base_url)
    sample = []
    for number in numbers:
        for contact in call.rooms.contacts.read_many(call.workspace, [number]):
            inside = [sid for sid, found in memberships if found and number in found.members]
            sample.append(_contact(contact, inside, base))
    return sample


def _contact(contact: Contact, segment_ids: list[str], base: str) -> dict[str, Any]:
    """A contact as samples show it: only what is not empty (sendgrid.md §3.1)."""
    shown: dict[str, Any] = dict(contact.identifiers)
    custom: dict[str, Any] = {}
    for name, value in contact.fields.items():
        (shown if name in _RESERVED else custom)[name] = value
    shown |= {"id": contact.id, "list_ids": contact.lists, "segment_ids": segment_ids}
    if custom:
        shown["custom_fields"] = custom
    return shown | {
        "created_at": format_second(contact.created_at),
        "updated_at": format_second(contact.updated_at),
        "_metadata": {"self": f"{base}v3/marketing/contacts/{contact.id}"},
    }


_RESERVED = frozenset(
    (
        "first_name", "last_name", "alternate_emails", "address_line_1", "address_line_2", "city",
        "state_province_region", "postal_code", "country", "phone_number", "whatsapp", "line",
        "facebook", "unique_name",
    )
)  # fmt: skip
