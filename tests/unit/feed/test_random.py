"""The feed against a model: random publications, erasures, retention and restarts."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pyroaring import FrozenBitMap

from carpel.domain.feed import Feed, TooOld
from carpel.domain.history import History
from carpel.engine.publication import Publication, Published
from carpel.kit.clock import DAY, MINUTE, SteppedClock
from carpel.storage.feed import FeedStore
from carpel.storage.people import People, PeopleView

SEGMENTS = (1, 2, 3)
# Numbers on both sides of the parts' borders.
NUMBERS = [*range(1, 40), *range(65_500, 65_560), *range(131_060, 131_090), 3_000_000]


@dataclass
class Model:
    """What must be so."""

    members: dict[int, dict[int, int]] = field(
        default_factory=lambda: {one: {} for one in SEGMENTS}
    )
    changes: list[tuple[int, int, int, bool]] = field(default_factory=list)  # at, segment, no, in
    sizes: dict[int, list[tuple[int, int]]] = field(
        default_factory=lambda: {one: [] for one in SEGMENTS}
    )
    erased: set[int] = field(default_factory=set)


def contact_id(number: int) -> bytes:
    return number.to_bytes(16, "big")


@contextmanager
def opened(data: Path, clock: SteppedClock) -> Iterator[tuple[Feed, History, People]]:
    people = People(data / "people.sqlite")
    view = PeopleView(data / "people.sqlite")
    store = FeedStore(data / "feed.sqlite")
    feed = Feed(store, view, clock, 30 * DAY)
    feed.start(SEGMENTS)
    try:
        yield feed, History(store), people
    finally:
        feed.close()
        view.close()
        people.close()


class Play:
    """Random things that happen to the feed and to the model."""

    def __init__(self, seed: int, clock: SteppedClock) -> None:
        self.chance = random.Random(seed)
        self.clock = clock
        self.model = Model()
        self.published: dict[int, Published] = {}
        self.seq = 0

    def publish(self, feed: Feed) -> None:
        segment = self.chance.choice(SEGMENTS)
        members = self.model.members[segment]
        many = self.chance.choice((1, 3, 20, 200))
        touched = {self.chance.choice(NUMBERS) for _ in range(many)} - self.model.erased
        now, self.seq = self.clock.now(), self.seq + 1
        left = sorted(no for no in touched if no in members)
        entered = sorted(touched - set(left))
        for no in left:
            del members[no]
        for no in entered:
            members[no] = now
        self.model.changes += [(now, segment, no, False) for no in left]
        self.model.changes += [(now, segment, no, True) for no in entered]
        self.model.sizes[segment].append((now, len(members)))
        published = Published(FrozenBitMap(members), 1, now, now, self.seq, exact=True)
        previous = self.published.get(segment)
        self.published[segment] = published
        feed.record(Publication(segment, 1, previous, published, "contact"))

    def erase(self, feed: Feed, people: People) -> None:
        gone = self.chance.choice([no for no in NUMBERS if no not in self.model.erased])
        self.seq += 1
        people.put_ended([(1, gone, contact_id(gone), self.seq, self.clock.now(), True)])
        people.delete_rows([(1, gone)])
        self.model.erased.add(gone)
        feed.erase(self.seq, 1, {gone})
        for segment in SEGMENTS:
            if self.model.members[segment].pop(gone, None) is not None:
                self.model.sizes[segment].append(
                    (self.clock.now(), len(self.model.members[segment]))
                )


def rebuilt(feed: Feed, limit: int) -> dict[int, set[int]]:
    """Members by the changes alone."""
    members: dict[int, set[int]] = {one: set() for one in SEGMENTS}
    after: int | None = None
    last = 0
    while True:
        page = feed.changes(1, after, None, limit)
        for one in page.changes:
            assert one.seq > last
            last = one.seq
            number = int.from_bytes(one.contact, "big")
            if one.entered:
                assert number not in members[one.segment]
                members[one.segment].add(number)
            else:
                members[one.segment].discard(number)
        if not page.more:
            return members
        after = page.last


@pytest.mark.parametrize("seed", range(4))
def test_the_feed_is_what_happened(tmp_path: Path, seed: int) -> None:
    clock = SteppedClock(1_800_000_000_000_000)
    play = Play(seed, clock)
    for life in range(3):
        play.published.clear()
        with opened(tmp_path, clock) as (feed, history, people):
            if life == 0:
                people.put_rows((1, no, contact_id(no), b"") for no in NUMBERS)
            for _ in range(300):
                play.publish(feed)
                if play.chance.random() < 0.02:
                    play.erase(feed, people)
                clock.advance(play.chance.choice((0, 1, MINUTE // 3)))
            feed.flush()
            check(play, feed, history)
    first = play.model.changes[0][0]
    clock.advance(31 * DAY)
    with opened(tmp_path, clock) as (feed, history, _):
        play.publish(feed)
        feed.flush()
        assert is_pruned(feed)
        members(play, feed)
        assert history.size_at(1, first - 1) is None


def is_pruned(feed: Feed) -> bool:
    """Whether the first change is forgotten, which the writer does beside what it writes."""
    for _ in range(100_000):
        try:
            feed.changes(1, 1, None, 10)
        except TooOld:
            return True
    return False


def check(play: Play, feed: Feed, history: History) -> None:
    model = play.model
    members(play, feed)
    expected = {segment: set(found) for segment, found in model.members.items()}
    assert rebuilt(feed, 37) == rebuilt(feed, 10_000) == expected
    kept = [one for one in model.changes if one[2] not in model.erased]
    found = [
        (one.at, one.segment, int.from_bytes(one.contact, "big"), one.entered)
        for one in feed.changes(1, None, None, 1_000_000).changes
    ]
    assert [one for one in found if one[2] not in model.erased] == kept
    assert all(not entered for _, _, no, entered in found if no in model.erased)
    only = feed.changes(1, None, {2}, 1_000_000).changes
    assert [one.at for one in only] == [at for at, segment, _, _ in found if segment == 2]
    for segment, sizes in model.sizes.items():
        for at, size in dict(sizes).items():
            assert history.size_at(segment, at) == size


def members(play: Play, feed: Feed) -> None:
    for segment, expected in play.model.members.items():
        known = feed.stored(segment)
        assert known is not None
        assert set(known[1]) == set(expected)
        assert known[0].size == len(expected)
        assert feed.entered_at(segment, NUMBERS) == expected
