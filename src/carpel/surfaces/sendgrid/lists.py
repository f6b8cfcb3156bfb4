"""Lists (contracts/sendgrid.md §3.6)."""

from __future__ import annotations

import asyncio
from typing import Any

from carpel.domain.contacts import Write
from carpel.domain.ingest import ContactsRecord, ListClearedRecord
from carpel.domain.lists import List
from carpel.domain.segments.search import tally_list
from carpel.kit.ids import id_bytes, new_seed
from carpel.surfaces.wire.callers import flag, many

from . import errors, given, shapes
from .context import Call, Reply
from .jobs import DELETED, erase, start_tracked

LONGEST_NAME = 100
MOST_LISTS = 1000
MOST_A_PAGE = 1000
DEFAULT_PAGE = 100
MOST_REMOVED = 1000


async def create(call: Call) -> Reply:
    """`POST /lists` `{name}`: 201."""
    name = given.text(await call.body(), "name", most=LONGEST_NAME)
    if len(call.rooms.lists.list_of(call.workspace.no)) >= MOST_LISTS:
        raise errors.bad_parameter("name", f"an account has at most {MOST_LISTS:,} lists")
    made = await call.off_loop(call.rooms.lists.create, call.workspace, name)
    return Reply(_shown(call, made, 0), 201)


async def list_lists(call: Call) -> Reply:
    """`GET /lists?page_size=&page_token=`: the only collection here that has pages."""
    size = _page_size(call)
    lists = call.rooms.lists.list_of(call.workspace.no)
    token = call.query("page_token") or ""
    start = _start(lists, token)
    page = lists[start : start + size]
    result = await call.off_loop(lambda: [_counted(call, one) for one in page])
    path = f"{call.base}/lists?page_size={size}&page_token="
    metadata: dict[str, Any] = {"self": path + token, "count": len(lists)}
    if start + size < len(lists):
        metadata["next"] = path + page[-1].id
    if start > 0:
        before = start - size
        metadata["prev"] = path + (lists[before - 1].id if before > 0 else "")
    return Reply({"result": result, "_metadata": metadata})


async def read(call: Call) -> Reply:
    """`GET /lists/{id}[?contact_sample=true]`; `identifier_counts` is live, not in the spec."""
    found = find(call, bare=True)
    shown = await call.off_loop(_counted, call, found)
    tally = await call.off_loop(tally_list, call.rooms.engine, call.workspace, found.no)
    shown["identifier_counts"] = shapes.identifier_counts(tally)
    if flag(call.request, "contact_sample"):
        contacts = call.rooms.contacts
        numbers = await call.off_loop(contacts.list_numbers, call.workspace, found.no, 1)
        sample = await call.off_loop(shapes.read_contacts, call, numbers, "full")
        shown["contact_sample"] = sample[0] if sample else None
    return Reply(shown)


async def rename(call: Call) -> Reply:
    """`PATCH /lists/{id}` `{name}`."""
    found = find(call)
    name = given.text(await call.body(), "name", most=LONGEST_NAME)
    renamed = await call.off_loop(call.rooms.lists.rename, found, name)
    return Reply(await call.off_loop(_counted, call, renamed))


async def delete(call: Call) -> Reply:
    """`DELETE /lists/{id}`: 204; with `delete_contacts=true` 200 and a job that erases them."""
    found = find(call)
    with_contacts = flag(call.request, "delete_contacts")
    numbers: list[int] = []
    if with_contacts:
        contacts = call.rooms.contacts
        numbers = await call.off_loop(contacts.list_numbers, call.workspace, found.no, -1)
    await call.off_loop(call.rooms.lists.delete, found)
    record = ListClearedRecord(call.workspace.no, call.rooms.clock.now(), found.no)
    ticket = await call.off_loop(call.rooms.ingest.submit, record)
    await asyncio.wrap_future(ticket.durable)
    return Reply(await erase(call, numbers)) if with_contacts else Reply(None, 204)


async def remove_contacts(call: Call) -> Reply:
    """`DELETE /lists/{id}/contacts?contact_ids=a,b`: 202 with a job. The contacts stay."""
    found = find(call)
    wanted = many(call.request, "contact_ids")
    if not wanted:
        raise errors.bad_parameter("contact_ids", "contact_ids is required")
    if len(wanted) > MOST_REMOVED:
        raise errors.bad_parameter("contact_ids", f"at most {MOST_REMOVED:,} contact_ids")
    ids = [id_bytes(one) for one in wanted]
    wrong = [one for one, raw in zip(wanted, ids, strict=True) if raw is None]
    if wrong:
        raise errors.bad_parameter("contact_ids", f"invalid uuid: {wrong[0][:80]}")
    writes = [
        Write(raw, {}, {}, [], create=False, leave_lists=[found.no])
        for raw in dict.fromkeys(ids)
        if raw is not None
    ]
    record = ContactsRecord(call.workspace.no, call.rooms.clock.now(), new_seed(), writes)
    return Reply(await start_tracked(call, DELETED, [record], len(writes)), 202)


async def count(call: Call) -> Reply:
    """`GET /lists/{id}/contacts/count`."""
    found = find(call)
    size = await call.off_loop(call.rooms.contacts.list_size, call.workspace, found.no)
    return Reply({"contact_count": size, "billable_count": size})


def find(call: Call, *, bare: bool = False) -> List:
    """The list that the path names.

    Raises:
        SendGridError: 404; `bare` in the form that reading one has.
    """
    wanted = call.values["id"]
    found = call.rooms.lists.find(call.workspace.no, wanted)
    if found is None or found.id != wanted.lower():  # a name is no id here
        raise errors.no_list(bare=bare)
    return found


def by_ids(call: Call, ids: list[str], field: str = "list_ids") -> list[List]:
    """The lists of these ids.

    Raises:
        SendGridError: 400 for what is no id, 404 for a list that is not there.
    """
    found = []
    for one in dict.fromkeys(ids):
        if not given.is_id(one):
            raise errors.bad_parameter(field, f"invalid uuid: {one[:80]}")
        known = call.rooms.lists.find(call.workspace.no, one)
        if known is None:
            raise errors.missing(f"list {one}", field)
        found.append(known)
    return found


def _page_size(call: Call) -> int:
    asked = call.query("page_size")
    if asked is None:
        return DEFAULT_PAGE
    if not asked.isascii() or not asked.isdigit() or not 1 <= int(asked) <= MOST_A_PAGE:
        raise errors.bad_parameter("page_size", f"page_size must be from 1 to {MOST_A_PAGE}")
    return int(asked)


def _start(lists: list[List], token: str) -> int:
    """Where the page after a token begins: the token is the id of the last list before it."""
    if not token:
        return 0
    place = next((at for at, one in enumerate(lists) if one.id == token), None)
    if place is None:
        raise errors.bad_parameter("page_token", "page_token is invalid")
    return place + 1


def _counted(call: Call, found: List) -> dict[str, Any]:
    return _shown(call, found, call.rooms.contacts.list_size(call.workspace, found.no))


def _shown(call: Call, found: List, size: int) -> dict[str, Any]:
    return {
        "name": found.name,
        "id": found.id,
        "contact_count": size,
        "_metadata": {"self": f"{call.base}/lists/{found.id}"},
    }
