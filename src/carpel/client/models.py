"""What the own API answers with, as types. What a newer server adds is passed over."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Generic, TypeVar

from msgspec import Struct

Item = TypeVar("Item")
Texts = list[str]
Objects = list[dict[str, Any]]


class Page(Struct, Generic[Item]):
    """Some of a listing."""

    data: list[Item]
    next_cursor: str | None = None


class Count(Struct):
    """How many, as of when, whether exact, under which version of the rules."""

    value: int
    at: str
    exact: bool
    definition_version: int


class Segment(Struct, kw_only=True):
    """A segment with its count as it stood."""

    id: str
    code: str
    name: str
    sql: str
    document: dict[str, Any]
    description: str
    note: str
    tags: Texts
    teams: Texts
    analytics: bool
    list: str | None
    archived: bool
    created_at: str
    updated_at: str
    version: int
    count: Count


class Contact(Struct, kw_only=True):
    """A contact; numbers among the fields are exact."""

    id: str
    fields: dict[str, Any]
    lists: Texts
    created_at: str
    updated_at: str
    external_id: str | None = None
    email: str | None = None
    phone_number_id: str | None = None
    anonymous_id: str | None = None
    entered_at: str | None = None  # as a member: since when


class Members(Page[Contact], kw_only=True):
    """A page of members, all pages of one moment."""

    at: str
    total: int
    changes_cursor: str | None


class Why(Struct):
    """One clause of the rules, whether it is true and what was seen."""

    kind: str
    sql: str
    sentence: str
    true: bool
    seen: dict[str, Any]
    parts: list[Why]
    decides: bool = False


class Explanation(Struct):
    """Whether a contact is in a segment, why, and when time alone would change it."""

    member: bool
    at: str
    why: Why
    contact: Contact
    since: str | None = None
    next_change_at: str | None = None


class Clause(Struct):
    """How many one part of a query keeps by itself."""

    sql: str
    description: str
    count: int


class Preview(Struct):
    """What a query would give if it were a segment now."""

    sql: str
    document: dict[str, Any]
    description: str
    count: Count
    sample: list[Contact]
    clauses: list[Clause]


class Change(Struct):
    """One contact entered or left one segment."""

    seq: int
    at: str
    segment: str | None
    contact: str
    change: str
    cause: str


class Changes(Struct):
    """Some changes in order; keep `next_cursor` with what you make of them."""

    data: list[Change]
    next_cursor: str
    more: bool


class Stretch(Struct):
    """A segment over one interval: the size at its end."""

    start: str
    end: str
    size: int | None
    entered: int
    left: int
    net: int


class Series(Struct):
    """How a segment's size went."""

    interval: str
    timezone: str
    data: list[Stretch]
    definitions: Objects


class Accepted(Struct):
    """What has been taken in; the counts are there when it was waited for."""

    accepted: int
    seq: int
    rejected: Objects
    created: int | None = None
    updated: int | None = None
    unchanged: int | None = None
    rejected_count: int = 0


Value = str | int | Decimal | bool | list[Any] | dict[str, Any] | None
