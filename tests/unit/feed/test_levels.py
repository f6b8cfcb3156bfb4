"""Blocks, runs and what merges them against plain dictionaries: random moves, folds, prunes, erasures, restarts."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pyroaring import BitMap, FrozenBitMap

from carpel.domain.feed import Feed, TooOld, folding, runs, stretches, upkeep
from carpel.domain.feed.ledger import Ledger, Moved
from carpel.domain.feed.repository import FeedRepository
from carpel.domain.feed.upkeep import Upkeep
from carpel.engine.publication import Moves, Publication, Standing
from carpel.kit.clock import DAY, HOUR, MINUTE, SECOND, SteppedClock
from carpel.storage.feed import FeedStore
from carpel.storage.people import People, PeopleView

SEGMENTS = (1, 2)
# Few, so that many are moved again and again, on both sides of the parts' borders.
NUMBERS = [
    *range(1, 30),
    *range(65_520, 65_550),
    *range(131_070, 131_075),
    3_000_000,
    4_294_967_295,
]
KEPT = 10 * HOUR


@dataclass
class Model:
    """What must be so."""

    members: dict[int, dict[int, int]] = field(
        default_factory=lambda: {one: {} for one in SEGMENTS}
    )
    changes: dict[int, tuple[int, int, int, bool]] = field(default_factory=dict)
    erased: set[int] = field(default_factory=set)
    # What was in after some changes, to be asked for later.
    moments: list[tuple[int, int, dict[int, int]]] = field(default_factory=list)
    last: int = 0


class Play:
    """The writer's parts, without its thread, and the model."""

    def __init__(self, data: Path, seed: int) -> None:
        people = People(data / "people.sqlite")
        people.put_rows((1, no, no.to_bytes(16, "big"), b"") for no in NUMBERS)
        people.close()
        self.data = data
        self.chance = random.Random(seed)
        self.clock = SteppedClock(1_800_000_000_000_000)
        self.model = Model()
        self.seq = 0

    @contextmanager
    def life(self) -> Iterator[None]:
        """One process's."""
        self.view = PeopleView(self.data / "people.sqlite")
        self.store = FeedStore(self.data / "feed.sqlite")
        self.feed = Feed(self.store, self.view, self.clock, KEPT)
        self.upkeep = Upkeep(self.clock, KEPT)
        try:
            yield
        finally:
            self.store.close()
            self.view.close()

    def move(self) -> None:
        """Some publications in one transaction."""
        with self.store.write() as connection:
            ledger = Ledger(connection, self.upkeep.unfolded)
            for _ in range(self.chance.choice((1, 2, 5))):
                self._publish(ledger)
            ledger.flush()
        if self.chance.random() < 0.2:
            segment = self.chance.choice(SEGMENTS)
            moment = (self.model.last, segment, dict(self.model.members[segment]))
            self.model.moments.append(moment)

    def _publish(self, ledger: Ledger) -> None:
        segment, now = self.chance.choice(SEGMENTS), self.clock.now()
        members = self.model.members[segment]
        many = self.chance.choice((1, 1, 2, 5, 40))
        touched = {self.chance.choice(NUMBERS) for _ in range(many)} - self.model.erased
        left = sorted(touched & members.keys())
        entered = sorted(touched - members.keys())
        for no in left:
            del members[no]
        members.update(dict.fromkeys(entered, now))
        for no, inside in [(no, False) for no in left] + [(no, True) for no in entered]:
            self.model.last += 1
            self.model.changes[self.model.last] = (now, segment, no, inside)
        self.seq += 1
        moved = Moved(segment, 1, FrozenBitMap(entered), FrozenBitMap(left), 1, now, self.seq,
                      len(members), "contact", same_rules=True)  # fmt: skip
        assert ledger.record(moved) == self.model.last
        self.clock.advance(self.chance.choice((0, 1, SECOND)))

    def erase(self) -> None:
        model = self.model
        some = [no for no in NUMBERS if no not in model.erased]
        gone = set(self.chance.sample(some, self.chance.choice((1, 1, 3))))
        self.seq += 1
        model.erased |= gone
        with self.store.write() as connection:
            ledger = Ledger(connection, self.upkeep.unfolded)
            ledger.erase(1, BitMap(gone), self.seq, self.clock.now())
            ledger.flush()
        model.changes = {at: one for at, one in model.changes.items() if one[2] not in gone}
        for segment in self._leaving(gone):
            for no in sorted(gone & model.members[segment].keys()):
                model.last += 1
                model.changes[model.last] = (self.clock.now(), segment, no, False)
                del model.members[segment][no]
        for _, _, then in model.moments:
            for no in gone:
                then.pop(no, None)

    def _leaving(self, gone: set[int]) -> list[int]:
        """The segments whose members are erased, in the order that the feed chose to say it in."""
        found = [one for one in SEGMENTS if gone & self.model.members[one].keys()]
        said = self.feed.changes(1, self.model.last, None, 1_000).changes
        assert {one.segment for one in said} == set(found)
        return list(dict.fromkeys(one.segment for one in said))

    def turn(self) -> None:
        """Something happens."""
        what = self.chance.random()
        if what < 0.6:
            self.move()
        elif what < 0.9:
            self.fold()
        elif what < 0.93:
            self.erase()
        else:
            self.clock.advance(self.chance.choice((SECOND, HOUR)))
        if self.chance.random() < 0.1:
            self.check()

    def fold(self, *, all_of_it: bool = False) -> None:
        """What is done when it is quiet, some of it or all."""
        pieces = 1_000 if all_of_it else self.chance.choice((1, 2, 1_000))
        while pieces and (due := self.upkeep.next(0)) is not None and due <= self.clock.now():
            with self.store.write() as connection:
                self.upkeep.step(connection, 0)
            pieces -= 1

    def check(self) -> None:
        model = self.model
        for segment, expected in model.members.items():
            known = self.feed.stored(segment)
            if known is None:
                assert not expected
                continue
            assert set(known[1]) == set(expected)
            assert self.feed.entered_at(segment, NUMBERS) == expected
            one = self.chance.choice(NUMBERS)
            since = self.feed.entered_at(segment, [one])
            assert since == ({one: expected[one]} if one in expected else {})
        self._check_changes()
        self._check_moments()
        self._check_stored()

    def _check_changes(self) -> None:
        with self.store.looking() as connection:
            newest, forgotten = FeedRepository(connection).progress(1)
        assert newest == self.model.last
        after = self.chance.randint(forgotten, newest)
        for segments in (None, {2}):
            page = self.feed.changes(1, after, segments, self.chance.choice((3, 10_000)))
            found = [
                (one.seq, one.at, one.segment, int.from_bytes(one.contact, "big"), one.entered)
                for one in page.changes
            ]
            assert found == [
                (seq, *one)
                for seq, one in self.model.changes.items()
                if after < seq <= page.last and (segments is None or one[1] in segments)
            ]
        if forgotten:
            with pytest.raises(TooOld):
                self.feed.changes(1, forgotten - 1, None, 10)
        ages = [one[0] for seq, one in self.model.changes.items() if seq <= forgotten]
        assert all(at < self.clock.now() - KEPT for at in ages)

    def _check_moments(self) -> None:
        """Of who has not moved since, it is known; of who has, either nothing or what was."""
        with self.store.looking() as connection:
            forgotten = FeedRepository(connection).progress(1)[1]
        for last, segment, then in self.chance.sample(
            self.model.moments, min(6, len(self.model.moments))
        ):
            found = self.feed.entered_at(segment, NUMBERS, last)
            moved = {
                no
                for seq, (_, its, no, _) in self.model.changes.items()
                if seq > last and its == segment
            }
            assert found.items() <= then.items()
            assert then.keys() - found.keys() <= moved or last < forgotten

    def _check_stored(self) -> None:
        """Nothing has who is erased, but the changes that say they left; no part has many runs."""
        with self.store.looking() as connection:
            tables = FeedRepository(connection)
            for segment in SEGMENTS:
                for part, stored in tables.parts(segment):
                    for _, body in stored:
                        assert len(runs.unpack(body))
                        for places in runs.moved(body):
                            known = {(part << 16) + place for place in places}
                            assert not known & self.model.erased
                for block in tables.blocks_of(segment, 0, 1 << 62):
                    assert block.erased or not set(block.members) & self.model.erased


@pytest.mark.parametrize("seed", range(4 * int(os.environ.get("CARPEL_EXAMPLES", "1"))))
def test_levels_say_what_happened(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name, few in ((upkeep, "_MANY_UNFOLDED", 5), (upkeep, "_BLOCKS", 7),
                              (upkeep, "_PIECE", 3_000), (folding, "_MOST_BLOCKS", 20),
                              (folding, "_MOST_MOVES", (1 << 20, 8)[seed % 2]),
                              (stretches, "_LARGE", (1_000, 3)[seed // 2 % 2]),
                              (runs, "_FEW", (8_192, 2)[seed % 2])):  # fmt: skip
        monkeypatch.setattr(module, name, few)
    play = Play(tmp_path, seed)
    for _ in range(4):
        with play.life():
            play.check() if play.seq else None
            for _ in range(100):
                play.turn()
            play.check()
    play.clock.advance(DAY)
    with play.life():
        play.fold(all_of_it=True)
        play.check()
        assert not play.feed.changes(1, None, None, 10).changes
        counted = "SELECT max(n) FROM (SELECT count(*) AS n FROM run GROUP BY segment, part)"
        with play.store.read() as connection:
            assert connection.execute(counted).fetchone()[0] <= 20


def test_what_an_earlier_process_left_is_folded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "_MANY_UNFOLDED", 5)
    play = Play(tmp_path, 1)
    with play.life():
        for _ in range(30):
            play.move()
    with play.life():
        play.clock.advance(MINUTE)
        play.fold(all_of_it=True)
        play.check()
        with play.store.looking() as connection:
            tables = FeedRepository(connection)
            left = [tables.unfolded(one.segment) for one in tables.all_stored()]
        assert len(left) == len(SEGMENTS)
        assert max(left) < 5


def test_runs_merge_few_times_and_stay_few() -> None:
    chance = random.Random(1)
    for sizes in ((1,), (33,), (1, 1, 1, 5_000), (1, 10, 100, 1_000)):
        counts: list[int] = []
        came = rewritten = 0
        for _ in range(5_000):
            counts.insert(0, chance.choice(sizes))
            came += counts[0]
            many = runs.how_many(counts)
            if many:
                merged = min(sum(counts[:many]), 65_536)
                rewritten += merged
                counts[:many] = [merged]
            assert len(counts) <= 20
        assert rewritten <= 17 * came


def test_who_is_erased_leaves_no_bytes(tmp_path: Path) -> None:
    """The blocks and the run that had the contact are in no file any more."""
    clock = SteppedClock(1_800_000_000_000_000)
    people = People(tmp_path / "people.sqlite")
    view = PeopleView(tmp_path / "people.sqlite")
    feed = Feed(FeedStore(tmp_path / "feed.sqlite"), view, clock, None)
    feed.start([1])
    members = FrozenBitMap(random.Random(1).sample(range(1, 60_000), 3_000))
    before = Standing(0, 1, 0, 0, 0, exact=True)
    # All of them in and out, until it is folded.
    for at in range(1_000):
        moves = Moves(members, FrozenBitMap()) if at % 2 == 0 else Moves(FrozenBitMap(), members)
        after = Standing(3_000 * (at % 2 == 0), 1, at, at, at, exact=True)
        feed.record(Publication(1, 1, before, after, "contact", moves))
        before = after
    feed.flush()
    clock.advance(2 * SECOND)
    told = members.serialize()[2 * 1_234 :][:40]  # two bytes each, after 16
    assert _lies_in(tmp_path, told)
    feed.erase(1, 1, {members[1_234]})
    feed.flush()
    assert any(not _lies_in(tmp_path, told) for _ in range(10_000))
    feed.close()
    view.close()
    people.close()


def _lies_in(folder: Path, told: bytes) -> bool:
    return any(told in file.read_bytes() for file in folder.glob("feed.sqlite*"))
