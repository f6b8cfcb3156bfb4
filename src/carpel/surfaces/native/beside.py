"""Large bodies read and checked in processes beside the server, where all in them is right.

What is not, and what makes a field or a part of one, is left to the server, which then reads the
body itself: that is rare, and only the server makes fields and says what is wrong.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from carpel.domain.contacts import Contacts, Write
from carpel.domain.events import EventWrite
from carpel.domain.events.service import EventChecker
from carpel.domain.ingest.ahead import Ahead, Scout, Scouted
from carpel.domain.workspaces import Workspace

from .items import contact_draft, event_draft, items_of


class Job(msgspec.Struct, array_like=True, tag="body"):
    """A body to be read, with what else its check depends on."""

    kind: Literal["contacts", "events"]
    workspace: Workspace
    now: int
    body: bytes
    create: bool = True  # contacts that events are of
    run: int = 0  # the import that events come with


class _Right(msgspec.Struct, array_like=True):
    """All items of a body, and what applying them will ask."""

    writes: list[Write]
    events: list[EventWrite]
    ahead: Scouted | None


class Found(msgspec.Struct, array_like=True):
    """The same as the server reads it."""

    writes: list[Write]
    events: list[EventWrite]
    ahead: Ahead | None


_found = msgspec.msgpack.Decoder(Found).decode
_encode = msgspec.msgpack.Encoder().encode


def request_of(job: Job) -> bytes:
    """For a process beside."""
    return _encode(job)


def found_in(answer: bytes) -> Found | None:
    """What it answers; None when the server is to read the body itself."""
    return _found(answer) if answer else None


def answer(job: Job, contacts: Contacts, scout: Scout) -> bytes:
    """In a process beside: read a body; what it cannot do alone is answered with nothing."""
    try:
        right = _right(job, contacts, scout)
    except Exception:  # the server comes to the same, and says what it is
        return b""
    return b"" if right is None else _encode(right)


def _right(job: Job, contacts: Contacts, scout: Scout) -> _Right | None:
    items = items_of(job.body)
    checker = contacts.checker(job.workspace)
    if job.kind == "events":
        events = EventChecker(job.workspace, checker, job.now)
        found = [
            events.check(event_draft(item, create=job.create, recognise=job.run != 0))
            for item in items
        ]
        return _Right([], found, scout.look(job.workspace.no, [], found))
    drafts = [contact_draft(item) for item in items]
    if contacts.new_fields(job.workspace, drafts):
        return None
    writes = [checker.check(draft) for draft in drafts]
    if checker.parts:
        return None
    return _Right(writes, [], scout.look(job.workspace.no, writes, []))
