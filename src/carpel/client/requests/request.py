"""What a request is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import quote

Answer = TypeVar("Answer")
Wait = Literal["stored", "applied"]
OnError = Literal["refuse", "skip"]


@dataclass(frozen=True)
class Request(Generic[Answer]):
    """What to ask, and the type of what is answered. Query values that are None are left out.

    `lines` is sent as NDJSON, as it comes, instead of a body; an iterable of objects, for the
    asynchronous client an asynchronous one too. `key` is its Idempotency-Key.
    """

    method: str
    path: str
    answer: type[Answer]
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    lines: Any = None
    key: str | None = None


def at(*parts: str) -> str:
    """A path of these parts, each whatever characters it has."""
    return "".join(f"/{quote(part, safe='')}" for part in parts)
