"""What a deleted segment leaves goes a piece at a time, also in a later process, and is told no more."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyroaring import FrozenBitMap

from carpel.domain.feed import Feed, upkeep
from carpel.domain.feed.repository import FeedRepository
from carpel.domain.feed.upkeep import Upkeep
from carpel.engine.publication import Moves, Publication, Standing
from carpel.kit.clock import SECOND, SteppedClock
from carpel.storage.feed import FeedStore
from carpel.storage.people import People, PeopleView


def test_a_deleted_segment_goes_by_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, few in (("_BLOCKS", 3), ("_RUNS", 1), ("_MANY_UNFOLDED", 5)):
        monkeypatch.setattr(upkeep, name, few)
    clock = SteppedClock(1_800_000_000_000_000)
    people = People(tmp_path / "people.sqlite")
    people.put_rows((1, no, no.to_bytes(16, "big"), b"") for no in range(20))
    view, store = PeopleView(tmp_path / "people.sqlite"), FeedStore(tmp_path / "feed.sqlite")
    feed = Feed(store, view, clock, None)
    feed.start([1, 2])
    enter_twenty(feed, clock)
    feed.forget(1)
    feed.flush()
    assert {one.segment for one in feed.changes(1, None, None, 100).changes} == {2}
    feed.close()
    store = FeedStore(tmp_path / "feed.sqlite")
    some = Upkeep(clock, None)
    some.forget(1)
    for _ in range(2):  # as a process does that ends amid it
        with store.write() as connection:
            some.step(connection, 0)
    store.close()
    store = FeedStore(tmp_path / "feed.sqlite")
    feed = Feed(store, view, clock, None)
    feed.start([2])
    feed.flush()
    changes = feed.changes(1, None, None, 100).changes
    assert [(one.seq, one.segment) for one in changes] == [(2 * n, 2) for n in range(1, 21)]
    assert any(_nothing_left_of(1, store) for _ in range(10_000))
    assert feed.entered_at(2, range(20)) == {one.contact[-1]: one.at for one in changes}
    feed.close()
    view.close()
    people.close()


def enter_twenty(feed: Feed, clock: SteppedClock) -> None:
    """One by one, with time to fold between them."""
    for at in range(20):
        for segment in (1, 2):
            before, after = (Standing(n, 1, at, at, at, exact=True) for n in (at, at + 1))
            moves = Moves(FrozenBitMap([at]), FrozenBitMap())
            feed.record(Publication(segment, 1, before, after, "contact", moves))
        feed.flush()
        clock.advance(2 * SECOND)


def _nothing_left_of(segment: int, store: FeedStore) -> bool:
    with store.looking() as connection:
        tables = FeedRepository(connection)
        kept = [*tables.parts(segment), *tables.blocks_of(segment, 0, 1 << 62)]
        return not kept and tables.stored(segment) is None
