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


class ChangeLine(Change):
    """A change as it is streamed; `cursor` goes on after it."""

    cursor: str


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


class Version(Struct):
    """The rules of a segment from a moment on."""

    version: int
    at: str
    sql: str
    document: dict[str, Any]
    list: str | None


class User(Struct):
    """Something that refers to a segment."""

    kind: str
    id: str
    name: str


class Overlap(Struct):
    """A segment beside another."""

    segment: str
    size: int
    both: int
    only_this: int
    only_other: int
    share_of_this: Decimal | None


class Overlaps(Struct):
    """A segment beside others."""

    segment: str
    size: int
    data: list[Overlap]


class SegmentOf(Struct):
    """A segment that a contact is in, and since when."""

    id: str
    code: str
    name: str
    entered_at: str | None


class Validated(Struct):
    """Every problem of some rules; without any, what they mean."""

    valid: bool
    problems: Objects
    sql: str | None = None
    document: dict[str, Any] | None = None
    description: str | None = None


class Field(Struct):
    """A field; only custom ones have a time of creation."""

    name: str
    type: str
    role: str
    created_at: str | None = None


class List(Struct):
    """A list and how many are in it."""

    id: str
    name: str
    size: int
    created_at: str


class Webhook(Struct, kw_only=True):
    """Where changes are pushed, and how that goes; the secret is there when it is new."""

    id: str
    url: str
    segments: Texts
    first_fill: bool
    enabled: bool
    state: str
    created_at: str
    pending: int
    attempts: int
    next_attempt_at: str | None
    failing_since: str | None
    delivered_at: str | None
    error: str | None
    old_secret_until: str | None
    secret: str | None = None


class Delivery(Struct, kw_only=True):
    """An attempt to deliver a message to a webhook."""

    id: str
    kind: str
    at: str
    attempt: int
    delivered: bool
    status: int | None
    duration_ms: int
    error: str | None
    reply: str
    changes: int
    first_seq: int | None
    last_seq: int | None


class Job(Struct, kw_only=True):
    """Work in the background; an export's result has rows, bytes, url and expires_at."""

    id: str
    kind: str
    state: str
    done: int
    total: int | None
    result: Any
    error: str | None
    created_at: str
    started_at: str | None
    finished_at: str | None

    @property
    def is_finished(self) -> bool:
        """Whether it will not change any more."""
        return self.finished_at is not None


class Key(Struct, kw_only=True):
    """A key; `key` is its secret, in the answer to its making alone."""

    id: str
    name: str
    workspace: str
    permissions: Texts
    allow_ips: Texts
    created_at: str
    revoked_at: str | None
    key: str | None = None


class Workspace(Struct):
    """A workspace."""

    id: str
    name: str
    project_key: str
    created_at: str
