"""A statement for the column store: text that only the engine's printer writes, and its values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Sql:
    """SQL text with `?` for each value. Users' words are among the values, never in the text.

    Lists it calls by name: `getvariable('name')`.
    """

    text: str
    values: tuple[Any, ...] = ()
    lists: Mapping[str, Sequence[str | None]] = field(default_factory=dict)
