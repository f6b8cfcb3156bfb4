"""The Event Webhook: SendGrid tells what happened to mails, Carpel counts it within the second.

These endpoints are ours. `PUT /event_webhook` with the key that SendGrid shows opens an address;
entered as the webhook's URL in the account, it takes signed requests without any other key.
Unsigned ones are taken at `POST /event_webhook` from whoever has a key with `marketing.write`.

An event is known again by its `sg_event_id`, so what SendGrid repeats counts once. Events of
addresses that are no contact are left out, as in the vendor's marketing campaigns. What is no
standard part of an event is found under `unique_args` too, where v2's queries look for it
(contracts/sendgrid.md §4.2).
"""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

from carpel.domain.events import EventDraft, EventRefused, EventWrite
from carpel.domain.ingest import EventsRecord
from carpel.domain.inlets import Inlet
from carpel.kit.clock import SECOND
from carpel.kit.ids import new_seed
from carpel.kit.instants import LATEST, format_instant
from carpel.surfaces.wire.bodies import NotJson, parse_json

from . import errors, given
from .context import Call, Reply
from .signatures import SIGNATURE, TIMESTAMP, BadKey, is_signed, read_key

KIND = "sendgrid.event_webhook"
SOURCE = "mail"
MOST_REJECTED_SHOWN = 100

# Parts that every account's events have (Event Webhook reference); all else is the sender's own.
_STANDARD = frozenset(
    (
        "email", "timestamp", "event", "sg_event_id", "sg_message_id", "smtp-id", "useragent", "ip",
        "url", "url_offset", "response", "reason", "status", "attempt", "category", "asm_group_id",
        "type", "tls", "cert_err", "pool", "sg_machine_open", "sg_content_type",
        "bounce_classification", "unique_args",
    )
)  # fmt: skip


async def read(call: Call) -> Reply:
    """`GET /event_webhook`: the address and the key."""
    inlet = call.rooms.inlets.of(call.workspace, KIND)
    if inlet is None:
        raise errors.missing("event webhook", "public_key")
    return Reply(_shown(call, inlet))


async def open_inlet(call: Call) -> Reply:
    """`PUT /event_webhook` `{public_key}`: the address to enter at SendGrid; twice is the same."""
    key = given.text(await call.body(), "public_key", most=1000).strip()
    try:
        read_key(key)
    except BadKey as bad:
        raise errors.bad_parameter("public_key", str(bad)) from None
    inlet = await call.off_loop(call.rooms.inlets.open, call.workspace, KIND, key)
    return Reply(_shown(call, inlet))


async def close_inlet(call: Call) -> Reply:
    """`DELETE /event_webhook`: 204."""
    inlet = call.rooms.inlets.of(call.workspace, KIND)
    if inlet is None:
        raise errors.missing("event webhook", "public_key")
    await call.off_loop(call.rooms.inlets.close, inlet)
    return Reply(None, 204)


async def take_signed(call: Call) -> Reply:
    """`POST /event_webhook/{id}`: 200 once the events are durable; 401 for a wrong signature."""
    body = await call.raw_body()
    inlet = call.rooms.inlets.find(call.values["inlet"])
    headers = call.request.headers
    signature, timestamp = headers.get(SIGNATURE, ""), headers.get(TIMESTAMP, "")
    if inlet is None or not await call.off_loop(
        is_signed, inlet.public_key, timestamp, body, signature
    ):
        raise errors.bad_signature()
    return await _take(call, body)


async def take_with_key(call: Call) -> Reply:
    """`POST /event_webhook`: the same from a caller with a key."""
    return await _take(call, await call.raw_body())


async def _take(call: Call, body: bytes) -> Reply:
    try:
        found = await call.off_loop(parse_json, body)
    except NotJson as error:
        raise errors.not_json(str(error)) from None
    if not isinstance(found, list):
        raise errors.not_json("the body is no JSON array of events")
    writes, rejected = await call.off_loop(_check, call, found)
    if writes:
        now = call.rooms.clock.now()
        record = EventsRecord(call.workspace.no, now, new_seed(), 0, writes)
        ticket = await call.off_loop(call.rooms.ingest.submit, record)
        await asyncio.wrap_future(ticket.durable)
    return Reply({"accepted": len(writes), "rejected": rejected[:MOST_REJECTED_SHOWN]})


def _check(call: Call, found: list[Any]) -> tuple[list[EventWrite], list[dict[str, Any]]]:
    """The events that can be taken; a wrong one does not hold up the others, which would come
    again and again with it.
    """
    checker = call.rooms.events.checker(call.workspace)
    writes: list[EventWrite] = []
    rejected: list[dict[str, Any]] = []
    for place, event in enumerate(found):
        try:
            writes.append(checker.check(_draft(event)))
        except EventRefused as refused:
            rejected.append({"index": place, "message": refused.message})
    return writes, rejected


def _draft(event: Any) -> EventDraft:
    if not isinstance(event, dict):
        raise EventRefused("bad_event", "an event is a JSON object", "")
    event_id = event.get("sg_event_id") or None
    own = {name: value for name, value in event.items() if name not in _STANDARD}
    given_own = event.get("unique_args")
    if isinstance(given_own, dict):
        own |= given_own
    properties = {**event, "unique_args": own} if own else event
    return EventDraft(
        {"email": event.get("email")},
        event.get("event"),
        _time(event.get("timestamp")),
        event_id,
        SOURCE,
        properties,
        create=False,
        recognise=event_id is None,
    )


def _time(value: Any) -> str:
    """Seconds since 1970 as ISO 8601."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise EventRefused("bad_time", "timestamp is in seconds since 1970", "/timestamp")
    instant = int(value * SECOND)
    if not 0 <= instant <= LATEST:
        raise EventRefused("bad_time", "timestamp is in seconds since 1970", "/timestamp")
    return format_instant(instant)


def _shown(call: Call, inlet: Inlet) -> dict[str, Any]:
    return {"url": f"{call.base}/event_webhook/{inlet.id}", "public_key": inlet.public_key}
