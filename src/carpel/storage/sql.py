"""A statement for the column store: text that only the engine's printer writes, and its values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Sql:
    """SQL text with `?` for each value. Users' words are among the values, never in the text."""

    text: str
    values: tuple[Any, ...] = ()
