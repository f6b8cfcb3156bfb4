"""Contacts and events on their way in: 202 once they are durable."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from carpel.domain.contacts import Contact, Draft, Write, WriteRefused
from carpel.domain.events import EventDraft, EventRefused
from carpel.domain.ingest import ApplyResult, ContactsRecord, EventsRecord, Record, Ticket
from carpel.kit.ids import new_seed
from carpel.surfaces.wire.bodies import NotJson, parse_json, parse_lines

from . import params
from .context import Call
from .problems import Problem, from_refusal
from .shapes import Accepted

WAIT = params.choice(
    "wait", "Answer when it can be read (stored), or when all counts include it (applied).",
    ["stored", "applied"],
)  # fmt: skip
ON_ERROR = params.choice("on_error", "What a wrong item does to the others.", ["refuse", "skip"],
                         "refuse")  # fmt: skip
CONTACTS_PARAMS = (WAIT, ON_ERROR)
EVENTS_PARAMS = (
    WAIT,
    ON_ERROR,
    params.number("import", "The number of an import.", most=(1 << 62) - 1, least=0),
    params.choice("known_only", "Leave out events of contacts that are not there yet.",
                  ["true", "false"]),
)  # fmt: skip

MOST_ITEMS = 100_000
MOST_PROBLEMS = 100

IDENTIFIER_KEYS = ("id", "external_id", "email", "phone_number_id", "anonymous_id")
_CONTACT_KEYS = {*IDENTIFIER_KEYS, "fields", "lists"}
_EVENT_KEYS = {*IDENTIFIER_KEYS, "event", "time", "event_id", "source", "properties"}


@dataclass
class Checked:
    """What was sent, item by item: ready, or refused with the reason."""

    ready: list[Any]
    refused: list[tuple[int, WriteRefused | EventRefused]]
    places: list[int]  # of the ready ones, among all


async def post_contacts(call: Call) -> Response:
    """Contacts made or changed, by what identifies them: one object, an array or NDJSON.

    202 once they are durable. One wrong item refuses all, unless `on_error=skip` leaves it out and
    names it in the answer. A field not known yet is made, with the type of its value.
    """
    items = await _items(call)
    return await _take(call, items, _check_contacts, _contacts_record)


async def post_events(call: Call) -> Response:
    """Events of contacts: one object, an array or NDJSON; 202 once they are durable.

    An event with an `event_id` counts once. Under an import's number, others are known again by all
    they hold.
    """
    items = await _items(call)
    return await _take(call, items, _check_events, _events_record)


# -------------------------------------------------------------------- checking


def _check_contacts(call: Call, items: list[Any]) -> Checked:
    checked = Checked([], [], [])
    drafts = _each(items, _contact_draft, checked)
    contacts, fields = call.rooms.contacts, call.rooms.fields
    places, given = [place for place, _ in drafts], [draft for _, draft in drafts]
    with fields.making(call.workspace, contacts.new_fields(call.workspace, given)) as making:
        checker = contacts.checker(call.workspace, making.fields)
        for place, draft in zip(places, given, strict=True):
            try:
                checked.ready.append(checker.check(draft))
                checked.places.append(place)
            except WriteRefused as refused:
                checked.refused.append((place, refused))
        if checked.refused and not _skips(call):
            making.give_up()
            return checked
    contacts.make_parts(call.workspace, checker)
    return checked


def check_edit(call: Call, found: Contact, body: Any) -> Write:
    """The change of one contact that exists: its lists are exactly those that are given.

    Raises:
        Problem: it cannot be taken.
    """
    try:
        draft = _contact_draft(body)
    except WriteRefused as refused:
        raise from_refusal(refused) from None
    if draft.identifiers.get("id", found.id) != found.id:
        raise Problem(400, "bad_body", "an id cannot change", more={"pointer": "/id"})
    draft = Draft({**draft.identifiers, "id": found.id}, draft.fields, draft.lists)
    contacts, workspace = call.rooms.contacts, call.workspace
    with call.rooms.fields.making(workspace, contacts.new_fields(workspace, [draft])) as making:
        checker = contacts.checker(workspace, making.fields)
        write = checker.check(draft)
    contacts.make_parts(workspace, checker)
    if body.get("lists") is not None:
        known = {one.id: one.no for one in call.rooms.lists.list_of(workspace.no)}
        write.leave_lists = [known[one] for one in found.lists if known[one] not in write.lists]
    return write


def _check_events(call: Call, items: list[Any]) -> Checked:
    checked = Checked([], [], [])
    run = _import_number(call)
    create = call.given["known_only"] != "true"

    def draft_of(item: Any) -> EventDraft:
        return _event_draft(item, create=create, recognise=run != 0)

    checker = call.rooms.events.checker(call.workspace)
    for place, draft in _each(items, draft_of, checked):
        try:
            checked.ready.append(checker.check(draft))
            checked.places.append(place)
        except EventRefused as refused:
            checked.refused.append((place, refused))
    return checked


def _each(
    items: list[Any], draft_of: Callable[[Any], Any], checked: Checked
) -> list[tuple[int, Any]]:
    drafts = []
    for place, item in enumerate(items):
        try:
            drafts.append((place, draft_of(item)))
        except WriteRefused as refused:
            checked.refused.append((place, refused))
    return drafts


def _contact_draft(item: Any) -> Draft:
    _check_keys(item, _CONTACT_KEYS, "put other fields under `fields`")
    fields, lists = _given(item, "fields", {}), _given(item, "lists", [])
    if not isinstance(fields, dict):
        raise WriteRefused("bad_body", "fields is an object", "/fields")
    if not isinstance(lists, list):
        raise WriteRefused("bad_body", "lists is an array", "/lists")
    return Draft(item, fields, lists)


def _event_draft(item: Any, *, create: bool, recognise: bool) -> EventDraft:
    _check_keys(item, _EVENT_KEYS, "put other values under `properties`")
    properties = _given(item, "properties", {})
    if not isinstance(properties, dict):
        raise WriteRefused("bad_body", "properties is an object", "/properties")
    return EventDraft(
        item,
        item.get("event"),
        item.get("time"),
        item.get("event_id"),
        item.get("source"),
        properties,
        create,
        recognise,
    )


def _given(item: dict[str, Any], name: str, default: Any) -> Any:
    """A part of an item; null stands for its absence."""
    value = item.get(name)
    return default if value is None else value


def _check_keys(item: Any, known: set[str], hint: str) -> None:
    if not isinstance(item, dict):
        raise WriteRefused("bad_body", "a JSON object is wanted here", "")
    if item.keys() <= known:
        return
    for name in item:
        if name not in known:
            raise WriteRefused("unknown_key", f"{name} is not known here: {hint}", f"/{name}")


# --------------------------------------------------------------------- taking in


async def _take(
    call: Call,
    items: list[Any],
    check: Callable[[Call, list[Any]], Checked],
    record_of: Callable[[Call, list[Any]], Record],
) -> Response:
    checked = await call.off_loop(check, call, items)
    if checked.refused and not _skips(call):
        raise _all_refused(checked, single=len(items) == 1)
    if not checked.ready:
        return call.answer(_accepted(0, checked), 202)
    ticket = await call.off_loop(call.rooms.ingest.submit, record_of(call, checked.ready))
    seq = await asyncio.wrap_future(ticket.durable)
    answer = _accepted(seq, checked)
    if call.given["wait"] is not None:
        await _applied(call, ticket, checked, answer)
    return call.answer(answer, 202)


async def take_good(
    call: Call, people: list[Any], events: list[Any]
) -> tuple[list[tuple[int, Any]], list[tuple[int, Any]]]:
    """Take in what is right, contacts before events, and leave out the rest.

    Returns place and refusal of what was left out, of contacts and of events. All that was taken
    is durable.
    """
    refused = []
    for items, check, record_of in (
        (people, _check_contacts, _contacts_record),
        (events, _check_events, _events_record),
    ):
        checked = await call.off_loop(check, call, items)
        if checked.ready:
            record = record_of(call, checked.ready)
            ticket = await call.off_loop(call.rooms.ingest.submit, record)
            await asyncio.wrap_future(ticket.durable)
        refused.append(checked.refused)
    return refused[0], refused[1]


async def _applied(call: Call, ticket: Ticket, checked: Checked, answer: Accepted) -> None:
    """`wait=applied`: when all counts include it. `wait=stored`: when it can be read."""
    counted = call.given["wait"] == "applied"
    waiting = ticket.applied if counted else ticket.stored
    result: ApplyResult = await asyncio.wrap_future(waiting)
    if counted:
        segments = call.rooms.segments
        everyone = segments.list_of(call.workspace, archived=None)
        await call.off_loop(segments.settle, everyone, result.seq)
    unknown = [
        {
            "index": checked.places[place],
            "code": "no_such_contact",
            "detail": "there is no such contact",
        }
        for place in result.unknown
    ]
    answer.created, answer.updated = result.created, result.updated
    answer.unchanged = result.unchanged
    answer.rejected += unknown


def _contacts_record(call: Call, writes: list[Any]) -> Record:
    return ContactsRecord(call.workspace.no, call.rooms.clock.now(), new_seed(), writes)


def _events_record(call: Call, events: list[Any]) -> Record:
    now = call.rooms.clock.now()
    return EventsRecord(call.workspace.no, now, new_seed(), _import_number(call), events)


def _accepted(seq: int, checked: Checked) -> Accepted:
    return Accepted(accepted=len(checked.ready), seq=seq, rejected=_rejected(checked))


def _rejected(checked: Checked) -> list[dict[str, Any]]:
    return [
        {"index": place, "code": error.code, "detail": error.message, "pointer": error.pointer}
        for place, error in checked.refused
    ]


def _all_refused(checked: Checked, *, single: bool) -> Problem:
    place, first = checked.refused[0]
    where = "" if single else f"/{place}"
    problems = [
        {
            "code": error.code,
            "detail": error.message,
            "pointer": f"{'' if single else f'/{at}'}{error.pointer}",
        }
        for at, error in checked.refused[:MOST_PROBLEMS]
    ]
    return Problem(
        400,
        first.code,
        first.message,
        more={"pointer": f"{where}{first.pointer}", "problems": problems},
    )


def _skips(call: Call) -> bool:
    return bool(call.given["on_error"] == "skip")


def _import_number(call: Call) -> int:
    return int(call.given.get("import") or 0)


async def _items(call: Call) -> list[Any]:
    """One object, an array of them, or one a line."""
    body = (await call.body()).strip()
    lines = "ndjson" in call.request.headers.get("content-type", "") or _looks_like_lines(body)
    try:
        parsed = parse_lines(body) if lines else parse_json(body)
    except NotJson as error:
        raise Problem(400, "not_json", f"the body is not JSON: {error}") from None
    items = parsed if isinstance(parsed, list) else [parsed]
    if len(items) > MOST_ITEMS:
        raise Problem(413, "too_many", f"at most {MOST_ITEMS:,} in one request")
    return items


def _looks_like_lines(body: bytes) -> bool:
    """Whether it is one object a line, and not one object over several lines."""
    first, newline, rest = body.partition(b"\n")
    return bool(newline) and first.rstrip().endswith(b"}") and rest.lstrip().startswith(b"{")
