"""Changes of membership, and webhooks that are told of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from carpel.client import models as m

from .request import Request, at


def changes(
    cursor: str | None, segments: Sequence[str], wait: int, limit: int
) -> Request[m.Changes]:
    """The feed after a cursor, or from the oldest change kept."""
    query = {"cursor": cursor, "segment": list(segments) or None, "wait": wait, "limit": limit}
    return Request("GET", "/changes", m.Changes, query)


def webhooks() -> Request[m.Page[m.Webhook]]:
    """All of them, and how sending goes."""
    return Request("GET", "/webhooks", m.Page[m.Webhook])


def webhook(webhook_id: str) -> Request[m.Webhook]:
    """One."""
    return Request("GET", at("webhooks", webhook_id), m.Webhook)


def create_webhook(body: Mapping[str, Any], key: str | None = None) -> Request[m.Webhook]:
    """A new one; the answer has its secret."""
    return Request("POST", "/webhooks", m.Webhook, body=body, key=key)


def edit_webhook(webhook_id: str, changes: Mapping[str, Any]) -> Request[m.Webhook]:
    """Change what is given."""
    return Request("PATCH", at("webhooks", webhook_id), m.Webhook, body=changes)


def delete_webhook(webhook_id: str) -> Request[None]:
    """Nothing more is sent there."""
    return Request("DELETE", at("webhooks", webhook_id), type(None))


def deliveries(webhook_id: str) -> Request[m.Page[m.Delivery]]:
    """The newest attempts to deliver."""
    return Request("GET", at("webhooks", webhook_id, "deliveries"), m.Page[m.Delivery])


def test_webhook(webhook_id: str) -> Request[m.Delivery]:
    """Send a message that says nothing, now."""
    return Request("POST", at("webhooks", webhook_id, "test"), m.Delivery)


def rotate_secret(webhook_id: str, overlap_hours: int | None = None) -> Request[m.Webhook]:
    """A new secret; the one before signs as well for some hours."""
    query = {"overlap_hours": overlap_hours}
    return Request("POST", at("webhooks", webhook_id, "rotate-secret"), m.Webhook, query)


def replay_webhook(
    webhook_id: str, cursor: str | None = None, since: str | None = None
) -> Request[m.Webhook]:
    """Send changes (again) from a cursor, an instant, or where it stopped."""
    query = {"cursor": cursor, "since": since}
    return Request("POST", at("webhooks", webhook_id, "replay"), m.Webhook, query)
