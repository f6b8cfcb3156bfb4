"""Changes of membership, and where they are pushed."""

from __future__ import annotations

from typing import Self

from msgspec import UNSET, Struct, UnsetType

from carpel.domain.feed import Change as DomainChange
from carpel.domain.webhooks import Attempt, Delivered, Webhook as DomainWebhook
from carpel.kit import cursors
from carpel.kit.ids import id_text
from carpel.kit.instants import format_instant

from .words import Instant, Texts, instant


class Change(Struct):
    """One contact entered or left one segment. `segment` is null when that has been deleted since."""

    seq: int
    at: Instant
    segment: str | None
    contact: str
    change: str
    cause: str

    @classmethod
    def of(cls, one: DomainChange, ids: dict[int, str]) -> Self:
        word = "entered" if one.entered else "left"
        segment = ids.get(one.segment)
        at = format_instant(one.at)
        return cls(one.seq, at, segment, id_text(one.contact), word, one.cause)


class ChangeLine(Change):
    """A change as a line of NDJSON; `cursor` goes on after it."""

    cursor: str = ""

    def __post_init__(self) -> None:
        self.cursor = cursors.encode("changes", self.seq)


class Changes(Struct):
    """Some changes in order. `next_cursor` goes on after them; `more` says whether there are any."""

    data: list[Change]
    next_cursor: str
    more: bool


class Webhook(Struct, kw_only=True):
    """Where changes are pushed, and how that goes.

    `pending` counts the changes after the last one delivered, other segments' included. `state`:
    active, failing (tried again at `next_attempt_at`) or disabled (by hand, or after five days of
    failing; `error` says which). The secret is in the answers to its
    making and its rotation alone; the one before signs as well until `old_secret_until`.
    """

    id: str
    url: str
    segments: Texts
    first_fill: bool
    enabled: bool
    state: str
    created_at: Instant
    pending: int
    attempts: int
    next_attempt_at: Instant | None
    failing_since: Instant | None
    delivered_at: Instant | None
    error: str | None
    old_secret_until: Instant | None
    secret: str | UnsetType = UNSET

    @classmethod
    def of(cls, found: DomainWebhook, segments: Texts, pending: int) -> Webhook:
        failing = found.state == "failing"
        return cls(
            id=found.id, url=found.url, segments=segments, first_fill=found.first_fill,
            enabled=found.enabled, state=found.state,
            created_at=format_instant(found.created_at), pending=pending,
            attempts=found.attempts,
            next_attempt_at=format_instant(found.next_at) if failing else None,
            failing_since=instant(found.failing_since),
            delivered_at=instant(found.delivered_at), error=found.error,
            old_secret_until=instant(found.old_until),
        )  # fmt: skip


class Delivery(Struct, kw_only=True):
    """An attempt to deliver a message: `segment.changes` or `webhook.test`.

    `id` is the message's, the same at each of its attempts. `reply` is how the answer of a receiver that
    failed began; `error` why there was no answer.
    """

    id: str
    kind: str
    at: Instant
    attempt: int
    delivered: bool
    status: int | None
    duration_ms: int
    error: str | None
    reply: str
    changes: int
    first_seq: int | None
    last_seq: int | None

    @classmethod
    def of(cls, one: Delivered) -> Delivery:
        return cls(
            id=one.message, kind=one.kind, at=format_instant(one.at), attempt=one.attempt,
            delivered=Attempt(one.status).good, status=one.status,
            duration_ms=one.duration // 1_000, error=one.error, reply=one.reply,
            changes=one.changes, first_seq=one.first, last_seq=one.last,
        )  # fmt: skip
