"""Members page by page, in the order of their numbers.

A reading's pages are of one moment while that is kept: it is for the newest readings of this process.
Later pages are of the moment they are asked for, and each member who stayed is still seen once, because
a contact's number never changes. Changes after the reading's first moment bring either up to date.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

from pyroaring import FrozenBitMap

from carpel.domain.feed import Feed

from .model import Segment
from .service import Segments

# So many readings of members can be under way; the one not asked for longest goes first.
_MOST_KEPT = 64
_ATTEMPTS = 20


class Rooms(Protocol):
    """What is asked for members."""

    segments: Segments
    feed: Feed


@dataclass(frozen=True)
class Page:
    """Some members by number, in order; `entered_at` says since when each is in.

    `place` is where the next page begins, None after the last. `position` is the number of the change
    after which the feed goes on from the reading's first page; None when that cannot be said.
    """

    at: int
    total: int
    numbers: list[int]
    place: Place | None
    position: int | None
    entered_at: dict[int, int]


class Place(NamedTuple):
    """Where a page begins: after a number, in the moment of this token if that is still kept.

    `position` is that of the reading's first page, -1 for None.
    """

    token: str = ""
    after: int = 0
    position: int = -1


@dataclass(frozen=True)
class _Moment:
    at: int
    members: FrozenBitMap
    position: int | None


class Moments:
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


def pages(
    segments: Segments, feed: Feed, segment: Segment, size: int, after: int = 0
) -> Iterator[Page]:
    """All members of this moment with numbers above one, page after page."""
    moment = _now(segments, feed, segment)
    start = moment.members.rank(after) if after else 0
    for begin in range(start, len(moment.members), size):
        yield _page(feed, segment, moment, begin, size)


def page(rooms: Rooms, moments: Moments, segment: Segment, place: Place, limit: int) -> Page:
    """Members after a place. Its moment is now without a token, or when the token's is not kept."""
    segments, feed = rooms.segments, rooms.feed
    moment = moments.find(place.token, segment.no) if place.token else None
    token = place.token if moment is not None else ""
    if moment is None:
        moment = _now(segments, feed, segment)
    start = moment.members.rank(place.after) if place.after else 0
    found = _page(feed, segment, moment, start, limit)
    position = moment.position
    if place != Place():
        position = place.position if place.position >= 0 else None
    if start + len(found.numbers) >= len(moment.members):
        return replace(found, position=position)
    following = Place(
        token or moments.keep(segment.no, moment),
        found.numbers[-1],
        -1 if position is None else position,
    )
    return replace(found, position=position, place=following)


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
    since_when = feed.entered_at(segment.no, numbers, moment.position)
    return Page(moment.at, len(moment.members), numbers, None, moment.position, since_when)


def _now(segments: Segments, feed: Feed, segment: Segment) -> _Moment:
    """What is published, once it is durable too."""
    segments.settle([segment])
    moment = _Moment(segment.updated_at, FrozenBitMap(), None)
    for _ in range(_ATTEMPTS):
        published = segments.members(segment)
        if published is None:  # nothing is known yet in this process, or by these rules
            known = feed.stored(segment.no) if segment.problem is None else None
            return moment if known is None else _Moment(known[0].at, known[1], None)
        feed.flush()
        position = feed.position(segment.no, published)
        moment = _Moment(published.at, published.members, position)
        if position is not None:
            break
    return moment
