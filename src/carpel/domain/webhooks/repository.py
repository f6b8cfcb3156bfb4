"""Webhooks in the catalogue."""

from __future__ import annotations

import json
from typing import Any

from carpel.storage.catalogue import Catalogue

from .model import Webhook

_COLUMNS = (
    "id, workspace, url, secret, segments, first_fill, enabled, created_at, cursor, through, "
    "attempts, next_at, failing_since, delivered_at, error"
)


class WebhookRepository:
    """Reads and writes the table `webhook`."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def list_all(self) -> list[Webhook]:
        """All of them, the oldest first."""
        with self._catalogue.read() as connection:
            rows = connection.execute(f"SELECT {_COLUMNS} FROM webhook ORDER BY created_at, rowid")
            return [_webhook(row) for row in rows]

    def save(self, one: Webhook) -> None:
        """Write a webhook, new or changed."""
        values = (
            one.id, one.workspace, one.url, one.secret, json.dumps(one.segments), one.first_fill,
            one.enabled, one.created_at, one.cursor, one.through, one.attempts, one.next_at,
            one.failing_since, one.delivered_at, one.error,
        )  # fmt: skip
        with self._catalogue.write() as connection:
            connection.execute(
                f"INSERT OR REPLACE INTO webhook ({_COLUMNS}) "
                f"VALUES ({', '.join('?' * len(values))})",
                values,
            )

    def remove(self, webhook_id: str) -> None:
        with self._catalogue.write() as connection:
            connection.execute("DELETE FROM webhook WHERE id = ?", (webhook_id,))


def _webhook(row: tuple[Any, ...]) -> Webhook:
    values = dict(zip(Webhook.__dataclass_fields__, row, strict=True))
    values["segments"] = tuple(json.loads(values["segments"]))
    values["first_fill"], values["enabled"] = bool(values["first_fill"]), bool(values["enabled"])
    return Webhook(**values)
