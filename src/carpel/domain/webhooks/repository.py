"""Webhooks in the catalogue."""

from __future__ import annotations

import json
from dataclasses import astuple
from typing import Any

from carpel.storage.catalogue import Catalogue

from .model import Delivered, Webhook

_COLUMNS = (
    "id, workspace, url, secret, segments, first_fill, enabled, created_at, cursor, through, "
    "attempts, next_at, failing_since, delivered_at, error, old_secret, old_until"
)
_ATTEMPT = "message, kind, at, attempt, first, last, changes, duration, status, error, reply"


MOST_KEPT = 100


class WebhookRepository:
    """Reads and writes the table `webhook`."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def list_all(self) -> list[Webhook]:
        """All of them, the oldest first."""
        with self._catalogue.read() as connection:
            rows = connection.execute(f"SELECT {_COLUMNS} FROM webhook ORDER BY created_at, rowid")
            return [_webhook(row) for row in rows]

    def save(self, one: Webhook, delivered: Delivered | None = None) -> None:
        """Write a webhook, new or changed, and what came of sending to it."""
        values = (
            one.id, one.workspace, one.url, one.secret, json.dumps(one.segments), one.first_fill,
            one.enabled, one.created_at, one.cursor, one.through, one.attempts, one.next_at,
            one.failing_since, one.delivered_at, one.error, one.old_secret, one.old_until,
        )  # fmt: skip
        with self._catalogue.write() as connection:
            connection.execute(
                f"INSERT OR REPLACE INTO webhook ({_COLUMNS}) "
                f"VALUES ({', '.join('?' * len(values))})",
                values,
            )
            if delivered is not None:
                self.add(one.id, delivered)

    def add(self, webhook_id: str, delivered: Delivered) -> None:
        """Keep an attempt, and forget the oldest beyond the most."""
        with self._catalogue.write() as connection:
            connection.execute(
                f"INSERT INTO webhook_attempt (webhook, {_ATTEMPT}) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (webhook_id, *astuple(delivered)),
            )
            connection.execute(
                "DELETE FROM webhook_attempt WHERE webhook = ?1 AND no <= (SELECT no FROM "
                "webhook_attempt WHERE webhook = ?1 ORDER BY no DESC LIMIT 1 OFFSET ?2)",
                (webhook_id, MOST_KEPT),
            )

    def attempts(self, webhook_id: str, limit: int) -> list[Delivered]:
        """The newest attempts, the newest first."""
        with self._catalogue.read() as connection:
            rows = connection.execute(
                f"SELECT {_ATTEMPT} FROM webhook_attempt WHERE webhook = ? ORDER BY no DESC LIMIT ?",
                (webhook_id, limit),
            )
            return [Delivered(*row) for row in rows]

    def remove(self, webhook_id: str) -> None:
        with self._catalogue.write() as connection:
            connection.execute("DELETE FROM webhook WHERE id = ?", (webhook_id,))
            connection.execute("DELETE FROM webhook_attempt WHERE webhook = ?", (webhook_id,))


def _webhook(row: tuple[Any, ...]) -> Webhook:
    values = dict(zip(Webhook.__dataclass_fields__, row, strict=True))
    values["segments"] = tuple(json.loads(values["segments"]))
    values["first_fill"], values["enabled"] = bool(values["first_fill"]), bool(values["enabled"])
    return Webhook(**values)
