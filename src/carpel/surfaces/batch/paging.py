"""Pages: `limit`, and cursors that stay good while what they page through changes.

The samples' cursors decode to `code@date` (contracts/batch.md §2.5). Ours do too; their date has
more digits than the second: six for the microseconds, by which no two objects of a project share a
date, then six that follow from all the rest. By these an altered cursor, or one of another project
or listing, is known. A date cut to the second, as the samples have it, carries no such digits and
is taken as a place in time.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from starlette.requests import Request

from carpel.domain.workspaces import Workspace
from carpel.kit.instants import format_second, parse_instant

from . import errors

DEFAULT_LIMIT = 10
MOST = 100

_CURSOR = re.compile(r"(.{1,255})@(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{6})(\d{6}))?Z")
_CHECKS = 10**6

Item = TypeVar("Item")


@dataclass(frozen=True)
class Place:
    """After which object a page begins."""

    name: str
    instant: int

    @property
    def key(self) -> tuple[int, str]:
        """For comparing: by instant, then by name."""
        return self.instant, self.name


@dataclass(frozen=True)
class Cursors:
    """The cursors of one listing of one project."""

    workspace: Workspace
    listing: str
    names: str  # what the names of its objects look like

    def make(self, name: str, instant: int) -> str:
        """The place at an object of this name and instant (microseconds since 1970)."""
        second, micros = format_second(instant).removesuffix("Z"), instant % 1_000_000
        text = f"{name}@{second}.{micros:06d}{self._check(name, instant):06d}Z"
        return base64.b64encode(text.encode()).decode()

    def read(self, text: str) -> Place:
        """The place that a cursor stands for.

        Raises:
            BatchError: (400) it is no cursor of this listing and project.
        """
        try:
            # An unencoded "+" arrives as a space.
            raw = base64.b64decode(text.replace(" ", "+"), validate=True)
            match = _CURSOR.fullmatch(raw.decode("ascii"))
        except (binascii.Error, ValueError):
            raise _no_cursor() from None
        second = parse_instant(f"{match[2]}Z") if match else None
        # Bits that decoding passes over would let one cursor be written in several ways.
        same = base64.b64encode(raw).decode() == text.replace(" ", "+")
        if match is None or second is None or not same or not re.fullmatch(self.names, match[1]):
            raise _no_cursor()
        if match[3] is None:
            return Place(match[1], second)
        instant = second + int(match[3])
        if int(match[4]) != self._check(match[1], instant):
            raise _no_cursor()
        return Place(match[1], instant)

    def _check(self, name: str, instant: int) -> int:
        text = f"{self.workspace.id} {self.listing} {name} {instant}"
        digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") % _CHECKS


def limit_of(request: Request) -> int:
    """How many are asked for.

    Raises:
        BatchError: (400) outside 1 to 100 (batch.md §3.4, row 7).
    """
    text = request.query_params.get("limit")
    if text is None:
        return DEFAULT_LIMIT
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or not 1 <= int(text) <= MOST:
        raise errors.malformed(f"limit must be an integer between 1 and {MOST}")
    return int(text)


def place_of(request: Request, cursors: Cursors) -> Place | None:
    """The place that `from` stands for; None on the first call.

    Raises:
        BatchError: (400) it is no cursor of this listing.
    """
    text = request.query_params.get("from")
    return None if text is None else cursors.read(text)


def cut(found: Sequence[Item], limit: int) -> tuple[Sequence[Item], bool]:
    """The page, and whether there is more."""
    return found[:limit], len(found) > limit


def _no_cursor() -> errors.BatchError:
    return errors.malformed("from is not a cursor of this route")
