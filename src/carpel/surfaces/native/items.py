"""Bodies of contacts and events, read as far as one can without knowing fields, lists and people."""

from __future__ import annotations

from typing import Any

from carpel.domain.contacts import Draft, WriteRefused
from carpel.domain.events import EventDraft
from carpel.surfaces.wire.bodies import NotJson, parse_json, parse_lines

MOST_ITEMS = 100_000
IDENTIFIER_KEYS = ("id", "external_id", "email", "phone_number_id", "anonymous_id")
_CONTACT_KEYS = {*IDENTIFIER_KEYS, "fields", "lists"}
_EVENT_KEYS = {*IDENTIFIER_KEYS, "event", "time", "event_id", "source", "properties"}


class TooMany(Exception):
    """A body has more items than one request may."""


def items_of(body: bytes) -> list[Any]:
    """One object, an array of them, or one a line.

    Raises:
        NotJson, TooMany: the body cannot be taken.
    """
    body = body.strip()
    parsed = parse_lines(body) if _looks_like_lines(body) else parse_json(body)
    items = parsed if isinstance(parsed, list) else [parsed]
    if len(items) > MOST_ITEMS:
        raise TooMany
    return items


def contact_draft(item: Any) -> Draft:
    """A change of a contact as it is sent.

    Raises:
        WriteRefused: it is none.
    """
    _check_keys(item, _CONTACT_KEYS, "put other fields under `fields`")
    fields, lists = _given(item, "fields", {}), _given(item, "lists", [])
    if not isinstance(fields, dict):
        raise WriteRefused("bad_body", "fields is an object", "/fields")
    if not isinstance(lists, list):
        raise WriteRefused("bad_body", "lists is an array", "/lists")
    return Draft(item, fields, lists)


def event_draft(item: Any, *, create: bool, recognise: bool) -> EventDraft:
    """An event as it is sent.

    Raises:
        WriteRefused: it is none.
    """
    _check_keys(item, _EVENT_KEYS, "put other values under `properties`")
    properties = _given(item, "properties", {})
    if not isinstance(properties, dict):
        raise WriteRefused("bad_body", "properties is an object", "/properties")
    return EventDraft(
        item,
        item.get("event"),
        item.get("time"),
        item.get("event_id"),
        item.get("source"),
        properties,
        create,
        recognise,
    )


def _given(item: dict[str, Any], name: str, default: Any) -> Any:
    """A part of an item; null stands for its absence."""
    value = item.get(name)
    return default if value is None else value


def _check_keys(item: Any, known: set[str], hint: str) -> None:
    if not isinstance(item, dict):
        raise WriteRefused("bad_body", "a JSON object is wanted here", "")
    if known.issuperset(item):
        return
    for name in item:
        if name not in known:
            raise WriteRefused("unknown_key", f"{name} is not known here: {hint}", f"/{name}")


def _looks_like_lines(body: bytes) -> bool:
    """Whether it is one object a line, and not one object over several lines."""
    first, newline, rest = body.partition(b"\n")
    return bool(newline) and first.rstrip().endswith(b"}") and rest.lstrip().startswith(b"{")


__all__ = [
    "IDENTIFIER_KEYS",
    "MOST_ITEMS",
    "NotJson",
    "TooMany",
    "contact_draft",
    "event_draft",
    "items_of",
]
