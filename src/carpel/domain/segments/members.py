"""Members page by page, all pages of one moment."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from pyroaring import FrozenBitMap

from carpel.domain.feed import Feed

from .model import Segment
from .service import Segments

# So many readings of members can be under way; the one not asked for longest goes first.
_MOST_KEPT = 64
_ATTEMPTS = 20


@dataclass(frozen=True)
class Page:
    """Some members by number, in order. `token` names the moment for the next page.

    `entered_at` says since when each is in. `position` is the number of the change after which
    the feed goes on from this moment; None when that cannot be said.
    """

    token: str
    at: int
    total: int
    numbers: list[int]
    more: bool
    position: int | None = None
    entered_at: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Moment:
    at: int
    members: FrozenBitMap
    position: int | None


class _Moments:
    """Memberships that someone is reading."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[int, _Moment]] = OrderedDict()

    def keep(self, segment: int, moment: _Moment) -> str:
        token = secrets.token_urlsafe(9)
        with self._lock:
            self._kept[token] = (segment, moment)
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return token

    def find(self, token: str, segment: int) -> _Moment | None:
        with self._lock:
            found = self._kept.get(token)
            if found is None or found[0] != segment:
                return None
            self._kept.move_to_end(token)
            return found[1]


_moments = _Moments()


def pages(segments: Segments, feed: Feed, segment: Segment, size: int) -> Iterator[Page]:
    """All members of this moment, page after page."""
    moment = _now(segments, feed, segment)
    for start in range(0, len(moment.members), size):
        yield _page(feed, segment, moment, start, size)


def page(
    segments: Segments, feed: Feed, segment: Segment, place: tuple[str, int], limit: int
) -> Page | None:
    """Members after a place: a moment's token and a number. Without a token the moment is now.

    None: the token's moment is no longer kept.
    """
    token, after = place
    moment = _moments.find(token, segment.no) if token else _now(segments, feed, segment)
    if moment is None:
        return None
    start = moment.members.rank(after) if after else 0
    found = _page(feed, segment, moment, start, limit)
    if found.more and not token:
        token = _moments.keep(segment.no, moment)
    return replace(found, token=token)


def since(segments: Segments, feed: Feed, segment: Segment, number: int) -> int | None:
    """Since when a contact is in; None when it is not."""
    segments.settle([segment])
    feed.flush()
    return feed.entered_at(segment.no, [number]).get(number)


def segments_with(
    segments: Segments, feed: Feed, chosen: list[Segment], number: int
) -> list[tuple[Segment, int | None]]:
    """Those of some segments that a contact is in, and since when."""
    segments.settle(chosen)
    published = [(one, segments.members(one)) for one in chosen]
    found = [one for one, members in published if members is not None and number in members.members]
    feed.flush()
    return [(one, feed.entered_at(one.no, [number]).get(number)) for one in found]


def _page(feed: Feed, segment: Segment, moment: _Moment, start: int, limit: int) -> Page:
    numbers = list(moment.members[start : start + limit])
    return Page(
        "",
        moment.at,
        len(moment.members),
        numbers,
        start + len(numbers) < len(moment.members),
        moment.position,
        feed.entered_at(segment.no, numbers, moment.position),
    )


def _now(segments: Segments, feed: Feed, segment: Segment) -> _Moment:
    """What is published, once it is durable too."""
    moment = _Moment(segment.updated_at, FrozenBitMap(), None)
    for _ in range(_ATTEMPTS):
        published = segments.members(segment)
        if published is None:
            break
        feed.flush()
        position = feed.position(segment.no, published)
        moment = _Moment(published.at, published.members, position)
        if position is not None:
            break
    return moment
