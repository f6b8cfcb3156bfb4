"""What an event is on its way into the store."""

from __future__ import annotations

import msgspec

from carpel.domain.fields import Stored

# path (JSON array of keys), kind of column, value
Property = tuple[str, str, Stored]


class EventWrite(msgspec.Struct, array_like=True, gc=False):
    """An event, checked and with its properties laid flat.

    `key` recognises it when it comes again: a hash of its event_id, or for a row of an import of
    everything in it; None when it cannot be recognised.
    """

    id: bytes | None  # of the contact
    identifiers: dict[int, str | None]
    name: str
    at: int
    event_id: str | None
    key: bytes | None
    source: str | None
    properties: list[Property]
    create: bool = True
    aliases: dict[str, str] = {}


class EventRow(msgspec.Struct, array_like=True, gc=False):
    """An event as the columns take it."""

    no: int
    contact: int
    name: str
    source: str | None
    at: int
    event_id: str | None
    properties: list[Property]
