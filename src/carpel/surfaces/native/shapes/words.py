"""What the shapes are written with."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from carpel.kit.instants import format_instant

Instant = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
Texts = list[str]
Numbers = list[int]
Objects = list[dict[str, Any]]


def instant(value: int | None) -> str | None:
    """An instant as text; None stays None."""
    return None if value is None else format_instant(value)
