"""Webhooks made, changed and found."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from carpel.domain.feed import Feed
from carpel.domain.refusals import Invalid, NoSuch
from carpel.domain.segments.use import User
from carpel.kit.clock import Clock
from carpel.kit.ids import new_id, new_seed
from carpel.storage.catalogue import Catalogue

from .delivery import Delivery
from .model import Delivered, Sender, Webhook
from .repository import WebhookRepository

MOST_WEBHOOKS = 50
LONGEST_URL = 2_000


class Webhooks:
    """All webhooks of all workspaces, kept in memory as well. Thread-safe."""

    def __init__(
        self,
        catalogue: Catalogue,
        feed: Feed,
        clock: Clock,
        sender: Sender,
        segment_ids: Callable[[], dict[int, str]],
    ) -> None:
        """Begin; `start` begins to send.

        Args:
            catalogue: where they are kept.
            feed: what they are told.
            clock: what time it is.
            sender: how messages are posted.
            segment_ids: ids of segments by number.
        """
        self._repository = WebhookRepository(catalogue)
        self._feed = feed
        self._clock = clock
        self._sender = sender
        self._lock = threading.RLock()
        self._by_id = {one.id: one for one in self._repository.list_all()}
        self._delivery = Delivery(self, feed, clock, sender, segment_ids)

    def start(self) -> None:
        """Send what there is and what comes."""
        self._delivery.start()

    def close(self) -> None:
        """Stop after the messages under way."""
        self._delivery.close()

    # ----------------------------------------------------------------- finding

    def list_of(self, workspace: int) -> list[Webhook]:
        """The webhooks of a workspace, the oldest first."""
        return [one for one in self.list_all() if one.workspace == workspace]

    def list_all(self) -> list[Webhook]:
        """All webhooks of all workspaces."""
        with self._lock:
            return list(self._by_id.values())

    def find(self, workspace: int, webhook_id: str) -> Webhook:
        """The webhook of this id.

        Raises:
            NoSuch: there is none in the workspace.
        """
        with self._lock:
            found = self._by_id.get(webhook_id)
        if found is None or found.workspace != workspace:
            raise NoSuch("no_such_webhook", f"there is no webhook {webhook_id!r}", "id")
        return found

    def using(self, workspace: int, segment: int) -> list[User]:
        """The webhooks that name a segment."""
        return [
            User("webhook", one.id, one.url)
            for one in self.list_of(workspace)
            if segment in one.segments
        ]

    # ---------------------------------------------------------------- changing

    def create(
        self,
        workspace: int,
        url: str,
        segments: Sequence[int] = (),
        *,
        first_fill: bool = False,
        webhook_id: str | None = None,
    ) -> Webhook:
        """A new webhook; it is told what happens from now on. One of this id is that one.

        Raises:
            Invalid: nothing can be sent there, or there are too many.
        """
        self._check(url)
        self._feed.flush()
        with self._lock:
            if webhook_id is not None and webhook_id in self._by_id:
                return self.find(workspace, webhook_id)
            if len(self.list_of(workspace)) >= MOST_WEBHOOKS:
                raise Invalid("too_many", f"a workspace has at most {MOST_WEBHOOKS} webhooks")
            made = Webhook(
                webhook_id or new_id(), workspace, url, _new_secret(), tuple(segments), first_fill,
                enabled=True, created_at=self._clock.now(), cursor=self._feed.newest(workspace),
            )  # fmt: skip
            self._keep(made)
        self._delivery.wake()
        return made

    def edit(
        self,
        found: Webhook,
        *,
        url: str | None = None,
        segments: Sequence[int] | None = None,
        first_fill: bool | None = None,
        enabled: bool | None = None,
    ) -> Webhook:
        """Change what is given. Enabling it again goes on where it stopped.

        Raises:
            Invalid: nothing can be sent there.
        """
        if url is not None:
            self._check(url)
        with self._lock:
            new = self.find(found.workspace, found.id)
            if url is not None:
                new = replace(new, url=url)
            if segments is not None:
                new = replace(new, segments=tuple(segments))
            if first_fill is not None:
                new = replace(new, first_fill=first_fill)
            if enabled is not None:
                new = replace(new, enabled=enabled)
            if enabled or url is not None:
                new = replace(new, attempts=0, next_at=0, failing_since=None, error=None)
            self._keep(new)
        self._delivery.wake()
        return new

    def delete(self, found: Webhook) -> None:
        """Nothing more is sent there."""
        with self._lock:
            self._repository.remove(found.id)
            self._by_id.pop(found.id, None)

    def note(
        self,
        webhook: Webhook,
        *,
        durable: bool = True,
        delivered: Delivered | None = None,
        **changes: object,
    ) -> Webhook | None:
        """How sending goes; returns how it stands, None when the webhook is gone.

        What was told to send something else meanwhile stays as it is. Not durable: remembered until
        the end.
        """
        with self._lock:
            new = self._by_id.get(webhook.id)
            if new is None:
                return None
            if new.cursor == webhook.cursor:
                new = replace(new, **changes)  # type: ignore[arg-type]
            if durable:
                self._repository.save(new, delivered)
            self._by_id[webhook.id] = new
            return new

    # ------------------------------------------------------------ looking after

    def rotate(self, found: Webhook, overlap_us: int) -> Webhook:
        """A new secret; the one before signs as well for so long."""
        with self._lock:
            now, old = self._clock.now(), self.find(found.workspace, found.id)
            new = replace(
                old, secret=_new_secret(), old_secret=old.secret if overlap_us else None,
                old_until=now + overlap_us if overlap_us else None,
            )  # fmt: skip
            self._keep(new)
            return new

    def test(self, found: Webhook) -> Delivered:
        """Try whether a message arrives; waits for the answer."""
        delivered = self._delivery.test(found)
        self._repository.add(found.id, delivered)
        return delivered

    def deliveries(self, found: Webhook, limit: int) -> list[Delivered]:
        """The newest attempts, the newest first."""
        return self._repository.attempts(found.id, limit)

    def replay(self, found: Webhook, after: int) -> Webhook:
        """Send all changes after a number (again), at once; a disabled webhook is enabled.

        Raises:
            TooOld: they are no longer kept.
        """
        self._feed.changes(found.workspace, after, None, 1)
        with self._lock:
            new = replace(
                self.find(found.workspace, found.id), cursor=after, through=None, enabled=True,
                attempts=0, next_at=0, failing_since=None, error=None,
            )  # fmt: skip
            self._keep(new)
        self._delivery.wake()
        return new

    def _keep(self, one: Webhook) -> None:
        self._repository.save(one)
        self._by_id[one.id] = one

    def _check(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            good = False
        if not good or len(url) > LONGEST_URL or not url.isascii() or not url.isprintable():
            raise Invalid("bad_url", "url is the http or https address to send to", "url")
        refused = self._sender.refuse(url)
        if refused is not None:
            raise Invalid("bad_url", refused, "url")


def _new_secret() -> bytes:
    return new_seed() + new_seed()
