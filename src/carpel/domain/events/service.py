"""Events: checked here, before they are acknowledged."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from carpel.domain.contacts import Contacts, WriteRefused
from carpel.domain.fields import BadValue
from carpel.domain.refusals import Refusal
from carpel.domain.workspaces import Workspace
from carpel.kit.clock import Clock
from carpel.kit.instants import parse_instant

from .model import EventWrite, Property
from .properties import flatten

LONGEST_NAME = 255


class EventRefused(Refusal):
    """An event cannot be taken; `pointer` says where in it."""

    def __init__(self, code: str, message: str, pointer: str) -> None:
        super().__init__(code, message, pointer)
        self.pointer = pointer


@dataclass(frozen=True)
class EventDraft:
    """An event in the product's own words, not yet checked.

    `time` is ISO 8601 text, None for now. `recognise`: an event without an event_id is known again
    by everything in it, as rows of an import are.
    """

    identifiers: Mapping[str, Any]
    name: Any
    time: Any
    event_id: Any = None
    source: Any = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    create: bool = True
    recognise: bool = False


class Events:
    """Checks events."""

    def __init__(self, contacts: Contacts, clock: Clock) -> None:
        self._contacts = contacts
        self._clock = clock

    def check(self, workspace: Workspace, draft: EventDraft) -> EventWrite:
        """The event, ready to be logged.

        Raises:
            EventRefused: the first thing that is wrong in it.
        """
        try:
            contact_id, identifiers = self._contacts.identify(workspace, draft.identifiers)
        except WriteRefused as error:
            raise EventRefused(error.code, error.message, error.pointer) from None
        name = _text(draft.name, "event", LONGEST_NAME)
        at = self._time(draft.time)
        event_id = None
        if draft.event_id is not None:
            given = str(draft.event_id) if isinstance(draft.event_id, int) else draft.event_id
            event_id = _text(given, "event_id", LONGEST_NAME)
        source = None if draft.source is None else _text(draft.source, "source", LONGEST_NAME)
        try:
            properties = flatten(draft.properties)
        except BadValue as error:
            raise EventRefused("bad_value", str(error), "/properties") from None
        key = None
        if event_id is not None:
            key = _hash(workspace.no, "id", event_id)
        elif draft.recognise:
            key = _row_key(workspace.no, contact_id, identifiers, name, at, properties)
        return EventWrite(
            contact_id, identifiers, name, at, event_id, key, source, properties, draft.create
        )

    def _time(self, value: Any) -> int:
        if value is None:
            return self._clock.now()
        instant = parse_instant(value.strip()) if isinstance(value, str) else None
        if instant is None:
            raise EventRefused(
                "bad_time", f"time: expected a date such as 2026-01-31T12:00:00Z, got {value!r}", "/time"
            )
        return instant


def numbered_key(key: bytes, ordinal: int) -> bytes:
    """The key of the n-th of several rows that are alike in everything."""
    return hashlib.blake2b(key + ordinal.to_bytes(4, "big"), digest_size=16).digest()


def _row_key(  # noqa: PLR0913, PLR0917  (everything that makes a row)
    workspace: int,
    contact_id: bytes | None,
    identifiers: dict[int, str | None],
    name: str,
    at: int,
    properties: list[Property],
) -> bytes:
    return _hash(workspace, "row", contact_id, sorted(identifiers.items()), name, at, sorted(properties, key=repr))


def _hash(*parts: Any) -> bytes:
    return hashlib.blake2b(msgspec.msgpack.encode(parts), digest_size=16).digest()


def _text(value: Any, name: str, longest: int) -> str:
    if not isinstance(value, str) or not value or len(value) > longest or "\x00" in value:
        raise EventRefused("bad_value", f"{name} is a text of 1 to {longest} characters", f"/{name}")
    return value
