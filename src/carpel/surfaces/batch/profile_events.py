"""Events of a profile, read into the product's own (contracts/batch.md §4.1)."""

from __future__ import annotations

import re
from typing import Any

from carpel.domain.events import EventDraft
from carpel.kit.clock import DAY, MINUTE
from carpel.kit.instants import parse_instant
from carpel.surfaces.wire.answers import json_bytes

from .attribute_names import CustomName, read_key
from .attributes import MOST_MEMBERS, Wrong, read_value

MOST_EVENTS = 15
MOST_BYTES = 25_000
OLDEST = DAY
# Clocks differ; so much ahead of ours is not the future.
AHEAD = MINUTE
DEEPEST = 3

# As the vendor's own connector writes them.
_NAME = re.compile(r"[a-z0-9_]{1,255}")


def read_event(
    given: dict[str, Any], identifiers: dict[str, Any], now: int
) -> tuple[EventDraft, list[tuple[str, str]]]:
    """An event, and those of its attributes that were left out, with the reason.

    Raises:
        Wrong: the event cannot be taken at all.
    """
    name, time = given.get("name"), given.get("time")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise Wrong("an event's name has characters of a-z, 0-9 and _")
    if len(json_bytes(given)) > MOST_BYTES:
        raise Wrong(f"an event has at most {MOST_BYTES:,} bytes")
    if time is not None:
        _check_time(time, now)
    wrong: list[tuple[str, str]] = []
    properties = _read_object(given.get("attributes") or {}, 1, wrong)
    return EventDraft(identifiers, name, time, properties=properties), wrong


def _check_time(time: Any, now: int) -> None:
    at = parse_instant(time) if isinstance(time, str) else None
    if at is None:
        raise Wrong("time is text such as 2026-09-24T10:00:00Z")
    if not now - OLDEST <= at <= now + AHEAD:
        raise Wrong("time is not within the last 24 hours")


def _read_object(given: dict[str, Any], depth: int, wrong: list[tuple[str, str]]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for key, value in given.items():
        if value is None:
            continue
        try:
            name, found = _read_one(key, value, depth, wrong)
        except Wrong as error:
            wrong.append((key, str(error)))
        else:
            read[name] = found
    return read


def _read_one(key: str, value: Any, depth: int, wrong: list[tuple[str, str]]) -> tuple[str, Any]:
    """The name of the property, and its value."""
    if key in ("$label", "$tags"):
        wanted = str if key == "$label" else list
        if not isinstance(value, wanted):
            raise Wrong("$label is a text and $tags an array of texts")
        return key, read_value(CustomName("plain", key), value)[0]
    name = read_key(key)
    if name is None:
        raise Wrong(
            "a name has 1 to 30 characters of a-z, 0-9 and _, as such or in date() or url()"
        )
    if isinstance(value, dict):
        if depth >= DEEPEST:
            raise Wrong(f"objects are nested at most {DEEPEST} deep")
        return name.name, _read_object(value, depth + 1, wrong)
    if isinstance(value, list) and any(isinstance(one, dict) for one in value):
        return name.name, _objects(value, depth, wrong)
    return name.name, read_value(name, value)[0]


def _objects(value: list[Any], depth: int, wrong: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """An array of flat objects."""
    if len(value) > MOST_MEMBERS or not all(isinstance(one, dict) for one in value):
        raise Wrong(f"an array has at most {MOST_MEMBERS} objects, and nothing else then")
    if depth >= DEEPEST:
        raise Wrong(f"objects are nested at most {DEEPEST} deep")
    return [_read_object(one, DEEPEST, wrong) for one in value]
