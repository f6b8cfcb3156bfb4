"""Sending: in order, again until it arrives, and no webhook waits for another."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Protocol

from carpel.domain.feed import Change, Feed, TooOld
from carpel.kit.clock import Clock
from carpel.kit.ids import new_id

from .messages import headers, message, message_id, test_message
from .model import GIVE_UP_AFTER, Attempt, Delivered, Sender, Webhook, wait_before

_log = logging.getLogger("carpel.webhooks")

MOST_IN_MESSAGE = 500
_AT_A_TIME = 8
# A webhook that is told of none of many changes has its place saved each time so many went by.
_SAVE_EVERY = 10_000


class Register(Protocol):
    """What the sending needs of the webhooks."""

    def list_all(self) -> list[Webhook]:
        """All webhooks."""
        ...

    def note(
        self,
        webhook: Webhook,
        *,
        durable: bool = True,
        delivered: Delivered | None = None,
        **changes: object,
    ) -> Webhook | None:
        """How sending goes."""
        ...


class Delivery:
    """One thread finds what is to be sent, a few send. Thread-safe."""

    def __init__(
        self,
        webhooks: Register,
        feed: Feed,
        clock: Clock,
        sender: Sender,
        segment_ids: Callable[[], dict[int, str]],
    ) -> None:
        self._webhooks = webhooks
        self._feed = feed
        self._clock = clock
        self._sender = sender
        self._segment_ids = segment_ids
        self._changed = threading.Condition()
        self._news = True
        self._busy: set[str] = set()
        self._missed: set[str] = set()  # there was news for these while they were busy
        self._saved: dict[str, int] = {}
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="carpel-webhooks", daemon=True)
        self._pool = ThreadPoolExecutor(_AT_A_TIME, thread_name_prefix="carpel-webhook")

    def start(self) -> None:
        self._feed.listen(self.wake)
        self._thread.start()

    def wake(self) -> None:
        """There may be something to send."""
        with self._changed:
            self._news = True
            self._changed.notify_all()

    def close(self) -> None:
        """Stop after the messages under way."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join()
        self._pool.shutdown()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._closing and not self._news and not self._is_due():
                    self._clock.wait(self._changed, self._next_due())
                if self._closing:
                    return
                if self._news:
                    self._missed |= self._busy
                self._news = False
                due = [one for one in self._idle() if one.next_at <= self._clock.now()]
                self._busy.update(one.id for one in due)
            for one in due:
                self._pool.submit(self._deliver, one)

    def _idle(self) -> list[Webhook]:
        everyone = self._webhooks.list_all()
        return [one for one in everyone if one.enabled and one.id not in self._busy]

    def _next_due(self) -> int | None:
        return min((one.next_at for one in self._idle() if one.through is not None), default=None)

    def _is_due(self) -> bool:
        due = self._next_due()
        return due is not None and due <= self._clock.now()

    # ------------------------------------------------------------------ sending

    def _deliver(self, webhook: Webhook) -> None:
        """Send message after message until there is nothing more, or one does not arrive."""
        try:
            current: Webhook | None = webhook
            while current is not None and current.enabled and not self._closing:
                current = self._step(current)
        except Exception:
            _log.exception("webhook %s failed", webhook.id)
        finally:
            with self._changed:
                self._busy.discard(webhook.id)
                self._news |= webhook.id in self._missed
                self._missed.discard(webhook.id)
                self._changed.notify_all()

    def _step(self, webhook: Webhook) -> Webhook | None:
        """One message; None when there is nothing to send now."""
        segments = set(webhook.segments) or None
        try:
            page = self._feed.changes(webhook.workspace, webhook.cursor, segments, MOST_IN_MESSAGE)
        except TooOld:
            self._park(webhook, "changes that were not delivered are no longer kept")
            return None
        found, last = page.changes, page.last
        if webhook.through is not None:
            found = [one for one in found if one.seq <= webhook.through]
            last = webhook.through
        chosen = [one for one in found if webhook.first_fill or not _is_first_fill(one)]
        if not chosen:
            return self._pass_over(webhook, last) if last > webhook.cursor else None
        current: Webhook | None = webhook
        if webhook.through is None:
            current = self._webhooks.note(webhook, through=last)
        if current is None or current.cursor != webhook.cursor:
            return current  # it is gone, or sends something else now
        attempt, delivered = self._send(webhook, chosen)
        if attempt.good:
            return self._webhooks.note(
                webhook, delivered=delivered, cursor=last, through=None, attempts=0, next_at=0,
                failing_since=None, delivered_at=self._clock.now(), error=None,
            )  # fmt: skip
        return self._failed(webhook, attempt, delivered)

    def test(self, webhook: Webhook) -> Delivered:
        """Send a message that says nothing, at once and once, also while it is disabled."""
        body = test_message(webhook, self._clock.now())
        message_id = f"msg_{webhook.id}_test_{new_id()}"
        about = Delivered(message_id, "test", 0, 1, None, None, 0, 0, None, None, "")
        return self._post(webhook, body, about)[1]

    def _send(self, webhook: Webhook, changes: list[Change]) -> tuple[Attempt, Delivered]:
        body = message(changes, self._segment_ids())
        first, last = changes[0].seq, changes[-1].seq
        about = Delivered(
            message_id(webhook, changes), "changes", 0, webhook.attempts + 1, first, last,
            len(changes), 0, None, None, "",
        )  # fmt: skip
        return self._post(webhook, body, about)

    def _post(self, webhook: Webhook, body: bytes, about: Delivered) -> tuple[Attempt, Delivered]:
        began = self._clock.now()
        signed = headers(webhook, about.message, body, began)
        attempt = self._sender.send(webhook.url, signed, body)
        return attempt, replace(
            about, at=began, duration=self._clock.now() - began, status=attempt.status,
            error=attempt.error, reply=attempt.reply,
        )  # fmt: skip

    def _pass_over(self, webhook: Webhook, last: int) -> Webhook | None:
        saved = self._saved.setdefault(webhook.id, webhook.cursor)
        durable = last - saved >= _SAVE_EVERY or webhook.through is not None
        if durable:
            self._saved[webhook.id] = last
        return self._webhooks.note(webhook, durable=durable, cursor=last, through=None)

    def _failed(self, webhook: Webhook, attempt: Attempt, delivered: Delivered) -> Webhook | None:
        """Try again later, or give up; what to go on with when it was told to send something else."""
        now = self._clock.now()
        error = attempt.error or f"the receiver answered {attempt.status}"
        since = webhook.failing_since if webhook.failing_since is not None else now
        if attempt.gone or now - since >= GIVE_UP_AFTER:
            self._park(webhook, error, delivered)
            return None
        attempts = webhook.attempts + 1
        found = self._webhooks.note(
            webhook, delivered=delivered, attempts=attempts,
            next_at=now + wait_before(attempts), failing_since=since, error=error,
        )  # fmt: skip
        return found if found is not None and found.cursor != webhook.cursor else None

    def _park(self, webhook: Webhook, error: str, delivered: Delivered | None = None) -> None:
        """Nothing more is sent until somebody enables it again."""
        _log.warning("webhook %s is disabled: %s", webhook.id, error)
        self._webhooks.note(webhook, delivered=delivered, enabled=False, error=error)


def _is_first_fill(change: Change) -> bool:
    """Whether it is of a new segment's first computation."""
    return change.cause == "definition" and change.version == 1
