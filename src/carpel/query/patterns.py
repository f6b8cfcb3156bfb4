"""LIKE patterns: `%` is any run of characters, `_` any one; a backslash makes the next plain."""

from __future__ import annotations

from carpel.engine.plan import MANY, ONE, Wildcard


def read_pattern(text: str) -> tuple[str | Wildcard, ...]:
    """The pattern as literal texts and wildcards."""
    parts: list[str | Wildcard] = []
    plain = ""
    characters = iter(text)
    for character in characters:
        if character == "\\":
            plain += next(characters, "\\")
        elif character in "%_":
            if plain:
                parts.append(plain)
            plain = ""
            parts.append(MANY if character == "%" else ONE)
        else:
            plain += character
    return (*parts, plain) if plain else tuple(parts)
