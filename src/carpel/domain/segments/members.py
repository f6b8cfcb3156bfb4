"""Members page by page, all pages of one moment."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass

from pyroaring import FrozenBitMap

from .model import Segment
from .service import Segments

# So many readings of members can be under way; the one not asked for longest goes first.
_MOST_KEPT = 64


@dataclass(frozen=True)
class Page:
    """Some members by number, in order. `token` names the moment for the next page."""

    token: str
    at: int
    total: int
    numbers: list[int]
    more: bool


class _Moments:
    """Memberships that someone is reading."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[int, int, FrozenBitMap]] = OrderedDict()

    def keep(self, segment: int, at: int, members: FrozenBitMap) -> str:
        token = secrets.token_urlsafe(9)
        with self._lock:
            self._kept[token] = (segment, at, members)
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return token

    def find(self, token: str, segment: int) -> tuple[int, FrozenBitMap] | None:
        with self._lock:
            found = self._kept.get(token)
            if found is None or found[0] != segment:
                return None
            self._kept.move_to_end(token)
            return found[1], found[2]


_moments = _Moments()


def page(segments: Segments, segment: Segment, token: str, after: int, limit: int) -> Page | None:
    """Members with numbers above `after`.

    Without a token the moment is now. None: the token's moment is no longer kept.
    """
    if token:
        found = _moments.find(token, segment.no)
        if found is None:
            return None
        at, members = found
    else:
        published = segments.members(segment)
        at = published.at if published else segment.updated_at
        members = published.members if published else FrozenBitMap()
    start = members.rank(after) if after else 0
    numbers = list(members[start : start + limit])
    more = start + len(numbers) < len(members)
    if more and not token:
        token = _moments.keep(segment.no, at, members)
    return Page(token, at, len(members), numbers, more)
