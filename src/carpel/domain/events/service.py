"""Events: checked here, before they are acknowledged."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from carpel.domain.contacts import Checker, Contacts, WriteRefused
from carpel.domain.fields import BadValue
from carpel.domain.refusals import Refusal
from carpel.domain.workspaces import Workspace
from carpel.kit.clock import Clock
from carpel.kit.instants import parse_instant

from .model import EventWrite, Property
from .properties import flatten

LONGEST_NAME = 255

_encode = msgspec.msgpack.Encoder().encode


class EventRefused(Refusal):
    """An event cannot be taken; `pointer` says where in it."""

    def __init__(self, code: str, message: str, pointer: str) -> None:
        super().__init__(code, message, pointer)
        self.pointer = pointer


class EventDraft(msgspec.Struct, frozen=True, gc=False):
    """An event in the product's own words, not yet checked.

    `time` is ISO 8601 text, None for now. `recognise`: an event without an event_id is known again
    by everything in it, as rows of an import are.
    """

    identifiers: dict[str, Any]
    name: Any
    time: Any
    event_id: Any = None
    source: Any = None
    properties: dict[str, Any] = {}
    create: bool = True
    recognise: bool = False
    aliases: dict[str, str] = {}


class Events:
    """Checks events."""

    def __init__(self, contacts: Contacts, clock: Clock) -> None:
        self._contacts = contacts
        self._clock = clock

    def checker(self, workspace: Workspace) -> EventChecker:
        """Checks the events of one request."""
        return EventChecker(workspace, self._contacts.checker(workspace), self._clock.now())


class EventChecker:
    """Checks events of one workspace; an event without a time happened now."""

    def __init__(self, workspace: Workspace, contacts: Checker, now: int) -> None:
        self._workspace = workspace
        self._contacts = contacts
        self._now = now

    def check(self, draft: EventDraft) -> EventWrite:
        """The event, ready to be logged.

        Raises:
            EventRefused: the first thing that is wrong in it.
        """
        try:
            contact_id, identifiers = self._contacts.identify(draft.identifiers, draft.aliases)
            properties = flatten(draft.properties)
        except WriteRefused as error:
            raise EventRefused(error.code, error.message, error.pointer) from None
        except BadValue as error:
            raise EventRefused("bad_value", str(error), "/properties") from None
        name = _text(draft.name, "event")
        at = self._now if draft.time is None else _time(draft.time)
        event_id = draft.event_id
        if event_id is not None:
            event_id = _text(str(event_id) if isinstance(event_id, int) else event_id, "event_id")
        source = None if draft.source is None else _text(draft.source, "source")
        key = None
        if event_id is not None:
            key = _hash((self._workspace.no, "id", event_id))
        elif draft.recognise:
            who = contact_id, sorted(identifiers.items())
            key = _hash(
                (self._workspace.no, "row", who, name, at, source, sorted(properties, key=_by_path))
            )
        return EventWrite(
            contact_id,
            identifiers,
            name,
            at,
            event_id,
            key,
            source,
            properties,
            draft.create,
            draft.aliases,
        )


def numbered_key(key: bytes, ordinal: int) -> bytes:
    """The key of the n-th of several rows that are alike in everything."""
    return hashlib.blake2b(key + ordinal.to_bytes(4, "big"), digest_size=16).digest()


def _hash(parts: tuple[Any, ...]) -> bytes:
    return hashlib.blake2b(_encode(parts), digest_size=16).digest()


def _by_path(found: Property) -> tuple[str, str]:
    return found[0], found[1]


def _time(value: Any) -> int:
    instant = parse_instant(value.strip()) if isinstance(value, str) else None
    if instant is None:
        raise EventRefused(
            "bad_time",
            f"time: expected a date such as 2026-01-31T12:00:00Z, got {value!r}",
            "/time",
        )
    return instant


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_NAME or "\x00" in value:
        raise EventRefused(
            "bad_value", f"{name} is a text of 1 to {LONGEST_NAME} characters", f"/{name}"
        )
    return value
