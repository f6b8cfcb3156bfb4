"""Contacts and what they did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from carpel.client import models as m

from .request import OnError, Request, Wait, at


def send_contacts(
    items: Sequence[Mapping[str, Any]], wait: Wait | None, key: str | None = None
) -> Request[m.Accepted]:
    """Make or change contacts."""
    return Request("POST", "/contacts", m.Accepted, {"wait": wait}, list(items), key=key)


def send_events(
    items: Sequence[Mapping[str, Any]], wait: Wait | None, key: str | None = None
) -> Request[m.Accepted]:
    """Tell what contacts did."""
    return Request("POST", "/events", m.Accepted, {"wait": wait}, list(items), key=key)


def stream_contacts(
    items: Any, wait: Wait | None, on_error: OnError, key: str | None = None
) -> Request[m.Accepted]:
    """Make or change any number of contacts."""
    query = {"wait": wait, "on_error": on_error}
    return Request("POST", "/contacts", m.Accepted, query, lines=items, key=key)


def stream_events(
    items: Any, wait: Wait | None, on_error: OnError, key: str | None = None
) -> Request[m.Accepted]:
    """Tell any number of things that contacts did."""
    query = {"wait": wait, "on_error": on_error}
    return Request("POST", "/events", m.Accepted, query, lines=items, key=key)


def contact(reference: str) -> Request[m.Contact]:
    """One, by id, external_id or e-mail address."""
    return Request("GET", at("contacts", reference), m.Contact)


def edit_contact(reference: str, changes: Mapping[str, Any]) -> Request[m.Contact]:
    """Change what is given; `lists` are all it is in from then on."""
    return Request("PATCH", at("contacts", reference), m.Contact, body=changes)


def erase_contact(reference: str) -> Request[None]:
    """Forget a contact everywhere."""
    return Request("DELETE", at("contacts", reference), type(None))


def segments_of(reference: str) -> Request[m.Page[m.SegmentOf]]:
    """All segments that a contact is in."""
    return Request("GET", at("contacts", reference, "segments"), m.Page[m.SegmentOf])
