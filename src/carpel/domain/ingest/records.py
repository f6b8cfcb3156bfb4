"""What stands in the log: changes already checked, so that applying them cannot fail."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from carpel.domain.contacts import Write
from carpel.domain.events import EventWrite


class Once(msgspec.Struct, array_like=True, frozen=True):
    """Makes a record count once: it stands in the log with its effect, so no crash parts the two.

    `key` is a hash of whose key it is, of the key and of the part of the request; `request` one of
    what was asked for. Of two records that are alike in both within a day the second is not applied.
    """

    key: bytes
    request: bytes


class ContactsRecord(msgspec.Struct, array_like=True, tag="contacts"):
    """Changes of contacts. New contacts' ids follow from `seed`."""

    workspace: int
    at: int
    seed: bytes
    writes: list[Write]
    once: Once | None = None


class EventsRecord(msgspec.Struct, array_like=True, tag="events"):
    """Events. `run` is the import they come with, 0 for none."""

    workspace: int
    at: int
    seed: bytes
    run: int
    events: list[EventWrite]
    once: Once | None = None


class ErasureRecord(msgspec.Struct, array_like=True, tag="erasure"):
    """Contacts to be forgotten, with their events and all that is kept of them."""

    workspace: int
    at: int
    ids: list[bytes]


class ListClearedRecord(msgspec.Struct, array_like=True, tag="list-cleared"):
    """A list that nobody is in any more."""

    workspace: int
    at: int
    list: int


class ListReplacedRecord(msgspec.Struct, array_like=True, tag="list-replaced"):
    """Contacts that are in a list from now on, and nobody else. The writes put them there."""

    workspace: int
    at: int
    seed: bytes
    list_no: int
    writes: list[Write]


Record: TypeAlias = (
    ContactsRecord | EventsRecord | ErasureRecord | ListClearedRecord | ListReplacedRecord
)

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Record] = msgspec.msgpack.Decoder(Record)


def encode(record: Record) -> bytes:
    """For the log."""
    return _encoder.encode(record)


def decode(body: bytes) -> Record:
    """From the log."""
    return _decoder.decode(body)
