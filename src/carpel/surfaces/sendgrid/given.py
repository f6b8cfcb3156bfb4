"""Parts of a JSON body, taken out with their types checked."""

from __future__ import annotations

from typing import Any

from carpel.kit.ids import id_bytes

from . import errors


def text(body: dict[str, Any], name: str, *, most: int = 0) -> str:
    """A text that has to be there, with 1 to `most` characters (0: however many).

    Raises:
        SendGridError: 400.
    """
    value = body.get(name)
    if value is None:
        raise errors.bad_parameter(name, f"{name} is required")
    if not isinstance(value, str):
        raise errors.bad_parameter(name, f"{name} must be a string")
    if not value.strip() or (most and len(value) > most):
        limit = f"1 to {most} characters" if most else "at least one character"
        raise errors.bad_parameter(name, f"{name} must have {limit}")
    return value


def texts(body: dict[str, Any], name: str, *, most: int, needed: bool = False) -> list[str]:
    """An array of up to `most` texts; empty when it is missing or null.

    Raises:
        SendGridError: 400.
    """
    value = body.get(name)
    if value is None and not needed:
        return []
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise errors.bad_parameter(name, f"{name} must be an array of strings")
    if len(value) > most:
        raise errors.bad_parameter(name, f"{name} must not have more than {most:,} items")
    if needed and not value:
        raise errors.bad_parameter(name, f"{name} must not be empty")
    return list(value)


def is_id(value: str) -> bool:
    """Whether a text is written as a UUID."""
    return len(value) == 36 and id_bytes(value) is not None  # noqa: PLR2004
