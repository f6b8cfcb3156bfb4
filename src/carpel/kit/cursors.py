"""Opaque paging cursors: a small JSON array in URL-safe base64."""

from __future__ import annotations

import base64
import binascii
import json


class BadCursor(ValueError):
    """A cursor was altered, cut, or made for something else."""


def encode(kind: str, *place: str | int) -> str:
    """A cursor of a kind, for a place in its listing."""
    text = json.dumps([kind, *place], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(kind: str, text: str, *types: type) -> list[str | int]:
    """The place a cursor of this kind stands for.

    Raises:
        BadCursor: when it is not a cursor of that kind with values of these types.
    """
    try:
        padded = text + "=" * (-len(text) % 4)
        place = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError) as error:
        raise BadCursor("not a cursor") from error
    if not isinstance(place, list) or not place or place[0] != kind:
        raise BadCursor("not a cursor of this listing")
    values = place[1:]
    if [type(value) for value in values] != list(types):
        raise BadCursor("not a cursor of this listing")
    return values
