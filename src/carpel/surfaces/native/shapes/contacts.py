"""Contacts, alone and as members."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Struct, UnsetType, field as struct_field

from carpel.domain.contacts import Contact as DomainContact
from carpel.kit.instants import format_instant

from .words import Instant, Objects, Texts, instant


class Contact(Struct, kw_only=True):
    """A contact: its identifiers beside the id, its other fields under `fields`."""

    id: str
    external_id: str | UnsetType = UNSET
    email: str | UnsetType = UNSET
    phone_number_id: str | UnsetType = UNSET
    anonymous_id: str | UnsetType = UNSET
    aliases: dict[str, str] | UnsetType = UNSET
    fields: dict[str, Any]
    lists: Texts
    created_at: Instant
    updated_at: Instant

    @classmethod
    def of(cls, found: DomainContact) -> Contact:
        return cls(**_contact(found))


class Member(Contact, kw_only=True):
    """A contact as a member of a segment, and since when it is in."""

    entered_at: Instant | None

    @classmethod
    def in_since(cls, found: DomainContact, entered_at: int | None) -> Member:
        return cls(**_contact(found), entered_at=instant(entered_at))


class Members(Struct):
    """A page of members as they were `at` an instant; pages of the same one are of one moment.

    `changes_cursor` goes on from the first page in `/changes`.
    """

    at: Instant
    total: int
    data: list[Member]
    next_cursor: str | None
    changes_cursor: str | None


class SegmentOf(Struct):
    """A segment that a contact is in."""

    id: str
    code: str
    name: str
    entered_at: Instant | None


class Accepted(Struct, kw_only=True):
    """What has been taken in: it is durable. The counts are there when it was waited for.

    `rejected` says what was left out, by `index` in an array or by `line` of NDJSON, with code, detail
    and pointer. Of NDJSON at most 10,000 are named; `rejected_count` counts them all.
    """

    accepted: int
    seq: int
    created: int | UnsetType = UNSET
    updated: int | UnsetType = UNSET
    unchanged: int | UnsetType = UNSET
    rejected: Objects = struct_field(default_factory=list)
    rejected_count: int = 0


def _contact(found: DomainContact) -> dict[str, Any]:
    return {
        "id": found.id,
        **found.identifiers,
        "aliases": found.aliases or UNSET,
        "fields": found.fields,
        "lists": found.lists,
        "created_at": format_instant(found.created_at),
        "updated_at": format_instant(found.updated_at),
    }
