"""`/audiences/*`: lists of custom ids, which are Carpel's lists (contracts/batch.md §5).

Requests as doc.batch.com has them (developer/api/cep/audiences/create, update, replace, remove).
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from typing import Any

from starlette.responses import Response

from carpel.domain.contacts import Draft, WriteRefused
from carpel.domain.ingest import ContactsRecord, ListClearedRecord, ListReplacedRecord, Record
from carpel.domain.lists import List
from carpel.domain.refusals import Conflict, Invalid
from carpel.kit.ids import new_seed
from carpel.kit.instants import format_second

from . import errors, paging
from .context import Call

MOST_IDS = 10_000
TYPE = "custom_ids"

_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
_TOKEN = re.compile(r"[0-9a-f]{32}")


async def create(call: Call) -> Response:
    """`POST /audiences/create`: a new list, with nobody in it."""
    body = await _object(call)
    name, title = _text(body, "name"), body.get("display_name")
    if not _NAME.fullmatch(name):
        raise errors.malformed("name has 1 to 255 characters of a-z, A-Z, 0-9, _ and -")
    if title is not None and not isinstance(title, str):
        raise errors.malformed("display_name must be a string")
    if _text(body, "type") != TYPE:
        raise errors.malformed(f"type must be {TYPE}")
    try:
        made = await call.off_loop(call.rooms.lists.create, call.workspace, name, title or "")
    except (Conflict, Invalid) as refused:
        raise errors.malformed(refused.message) from None
    return _accepted(call, made, call.rooms.ingest.last_seq)


async def update(call: Call) -> Response:
    """`POST /audiences/update`: ids are added and removed; of several for one id the last counts."""
    body = await _object(call)
    found = _existing(call, body)
    actions: dict[str, bool] = {}
    for place, one in enumerate(_ids(body)):
        action = one.get("action")
        if action not in ("add", "remove"):
            raise errors.malformed(f"ids[{place}].action must be add or remove")
        actions[one["id"]] = action == "add"
    record = await call.off_loop(_changed, call, found, actions)
    return await _log(call, found, record, replaced=False)


async def replace(call: Call) -> Response:
    """`POST /audiences/replace`: these ids, and no others."""
    body = await _object(call)
    found = _existing(call, body)
    ids = dict.fromkeys((one["id"] for one in _ids(body)), True)
    writes = (await call.off_loop(_changed, call, found, ids)).writes
    record = ListReplacedRecord(call.workspace.no, call.now, new_seed(), found.no, writes)
    return await _log(call, found, record, replaced=True)


async def remove(call: Call) -> Response:
    """`POST /audiences/remove`: the list is gone; to what still uses it, nobody is in it."""
    found = _existing(call, await _object(call))
    record = ListClearedRecord(call.workspace.no, call.now, found.no)
    ticket = await call.off_loop(call.rooms.ingest.submit, record)
    seq = await asyncio.wrap_future(ticket.durable)
    await call.off_loop(call.rooms.lists.delete, found)
    return _accepted(call, found, seq)


async def view(call: Call) -> Response:
    """`GET /audiences/view?name=…&indexing_token=…`."""
    name = call.request.query_params.get("name")
    if not name:
        raise errors.missing("name is required")
    found = _find(call, name)
    if found is None:
        raise errors.not_found("There is no audience with this name")
    token = call.request.query_params.get("indexing_token")
    seq = found.changed_seq if token is None else _seq(call, found, token)
    return call.answer(await call.off_loop(_shown, call, found, seq))


async def list_audiences(call: Call) -> Response:
    """`GET /audiences/list`: by creation, the oldest first."""
    limit = paging.limit_of(call.request)
    cursors = paging.Cursors(call.workspace, "audiences", _NAME.pattern)
    place = paging.place_of(call.request, cursors)
    everyone = call.rooms.lists.list_of(call.workspace.no)
    order = sorted(everyone, key=_key)
    following = [one for one in order if place is None or _key(one) > place.key]
    page, more = paging.cut(following, limit)
    shown = await call.off_loop(lambda: [_shown(call, one, one.changed_seq) for one in page])
    last = cursors.make(_name(page[-1]), page[-1].created_at) if more else None
    return call.listing("audiences", shown, len(everyone), last)


# -------------------------------------------------------------------- requests


async def _object(call: Call) -> dict[str, Any]:
    body = await call.json()
    if not isinstance(body, dict):
        raise errors.malformed("The body must be an object")
    return body


def _text(body: dict[str, Any], key: str) -> str:
    value = body.get(key)
    if value is None:
        raise errors.missing(f"{key} is required")
    if not isinstance(value, str):
        raise errors.malformed(f"{key} must be a string")
    return value


def _existing(call: Call, body: dict[str, Any]) -> List:
    """The audience that a body names; 404 is not declared for these routes."""
    found = _find(call, _text(body, "name"))
    if found is None:
        raise errors.malformed("There is no audience with this name")
    return found


def _find(call: Call, name: str) -> List | None:
    everyone = call.rooms.lists.list_of(call.workspace.no)
    return next((one for one in everyone if _name(one) == name), None)


def _ids(body: dict[str, Any]) -> list[dict[str, Any]]:
    ids = body.get("ids")
    if ids is None:
        raise errors.missing("ids is required")
    if not isinstance(ids, list) or len(ids) > MOST_IDS:
        raise errors.malformed(f"ids must be an array of at most {MOST_IDS:,} objects")
    for place, one in enumerate(ids):
        if not isinstance(one, dict) or not isinstance(one.get("id"), str):
            raise errors.malformed(f"ids[{place}].id must be a string")
        if not isinstance(one.get("attributes", {}), dict | None):
            raise errors.malformed(f"ids[{place}].attributes must be an object")
    return ids


def _changed(call: Call, found: List, ids: dict[str, bool]) -> ContactsRecord:
    """Who joins (made when not there yet, as a later update must find them in) and who leaves."""
    checker = call.rooms.contacts.checker(call.workspace)
    writes = []
    for place, (one, joins) in enumerate(ids.items()):
        lists = [found.id]
        draft = Draft(
            {"external_id": one},
            lists=lists if joins else [],
            leave_lists=[] if joins else lists,
            create=joins,
        )
        try:
            writes.append(checker.check(draft))
        except WriteRefused as refused:
            raise errors.malformed(f"ids[{place}].id: {refused.message}") from None
    return ContactsRecord(call.workspace.no, call.now, new_seed(), writes)


async def _log(call: Call, found: List, record: Record, *, replaced: bool) -> Response:
    ticket = await call.off_loop(call.rooms.ingest.submit, record)
    seq = await asyncio.wrap_future(ticket.durable)
    await call.off_loop(call.rooms.lists.note_change, found, seq, replaced=replaced)
    return _accepted(call, found, seq)


# --------------------------------------------------------------------- answers


def _accepted(call: Call, found: List, seq: int) -> Response:
    return call.answer({"indexing_token": _token(call, found, seq)}, 202)


def _token(call: Call, found: List, seq: int) -> str:
    """32 hexadecimal digits, as the samples have: the record's number, and a check of it."""
    text = f"{call.workspace.id} {found.id} {seq}"
    return f"{seq:016x}{hashlib.blake2b(text.encode(), digest_size=8).hexdigest()}"


def _seq(call: Call, found: List, token: str) -> int:
    if _TOKEN.fullmatch(token):
        seq = int(token[:16], 16)
        if _token(call, found, seq) == token:
            return seq
    raise errors.malformed("indexing_token is none of this audience's")


def _shown(call: Call, found: List, seq: int) -> dict[str, Any]:
    """An audience; the state is that of the change that the record `seq` made."""
    if found.replaced_seq > seq:
        state = "REPLACED"
    else:
        state = "APPLIED" if call.rooms.ingest.is_applied(seq) else "IN_PROGRESS"
    return {
        "name": _name(found),
        "display_name": found.title or found.name,
        "type": "CUSTOM_ID",
        "nb_ids": call.rooms.contacts.list_size(call.workspace, found.no),
        "indexing_state": state,
        "created": format_second(found.created_at),
        "updated": format_second(found.changed_at or found.created_at),
    }


def _name(found: List) -> str:
    """A list that another door made may have a name that no audience can have."""
    return found.name if _NAME.fullmatch(found.name) else found.id


def _key(found: List) -> tuple[int, str]:
    return found.created_at, _name(found)
