"""A feed's file of data format 15 and older, which kept entry times without runs, opens with all it had."""

from __future__ import annotations

import sqlite3
import struct
import zlib
from pathlib import Path

import msgspec
from pyroaring import BitMap, FrozenBitMap

from carpel.domain.feed import Feed
from carpel.domain.feed.folding import Folding
from carpel.domain.feed.ledger import Ledger, Moved
from carpel.domain.feed.repository import FeedRepository
from carpel.kit.clock import SteppedClock
from carpel.storage.feed import FeedStore
from carpel.storage.migrations import ALL
from carpel.storage.people import People, PeopleView

# Contacts of the first part with two instants, of the second with one; then changes not yet folded.
FIRST = {7: 100, 9: 200, 11: 100}
SECOND = BitMap(range(65_600, 65_700, 3))


def old_file(file: Path) -> None:
    connection = sqlite3.connect(file, isolation_level=None)
    for step in ALL:
        if step.store == "feed" and step.number < 16:
            connection.executescript(f"{step.sql}\nPRAGMA user_version = {step.number};")
    instants = struct.pack("=2q", 100, 200)
    bodies = (
        [BitMap(FIRST).serialize(), instants, zlib.compress(bytes([0, 1, 0]))],
        [SECOND.shift(-65_536).serialize(), struct.pack("=q", 300), b""],
    )
    for part, body in enumerate(bodies):
        connection.execute(
            "INSERT INTO entry VALUES (1, ?, ?)", (part, msgspec.msgpack.encode(body))
        )
    connection.execute("INSERT INTO segment VALUES (1, 1, 1, 500, 9, ?, 40)", (3 + len(SECOND),))
    connection.execute("INSERT INTO progress VALUES (1, 42, 10)")
    for first, no, entered in ((41, 9, 0), (42, 65_601, 1)):
        connection.execute(
            "INSERT INTO block VALUES (1, ?, 1, 1, 500, 1, ?, 'contact', ?, ?, ?, NULL)",
            (first, entered, no, no, BitMap([no]).serialize()),
        )
    connection.close()


def test_entry_times_and_changes_are_taken_over(tmp_path: Path) -> None:
    old_file(tmp_path / "feed.sqlite")
    people = People(tmp_path / "people.sqlite")
    people.put_rows((1, no, no.to_bytes(16, "big"), b"") for no in (9, 65_601))
    view, store = PeopleView(tmp_path / "people.sqlite"), FeedStore(tmp_path / "feed.sqlite")
    feed = Feed(store, view, SteppedClock(1_000), None)
    expected = {7: 100, 11: 100, 65_601: 500} | dict.fromkeys(SECOND, 300)
    asked = [*range(20), *range(65_536, 65_800)]

    def check() -> None:
        known = feed.stored(1)
        assert known is not None
        assert (known[0].size, set(known[1])) == (len(expected), set(expected))
        assert feed.entered_at(1, asked) == expected
        changes = feed.changes(1, None, None, 10).changes
        assert [(one.seq, one.at, one.entered) for one in changes] == [
            (41, 500, False),
            (42, 500, True),
        ]

    check()
    with store.write() as connection:
        assert Folding(FeedRepository(connection), {}).fold(1) == {0, 1}
    check()
    with store.write() as connection:
        ledger = Ledger(connection, {})
        ledger.erase(1, BitMap([65_603]), 10, 600)
        ledger.record(Moved(1, 1, FrozenBitMap([9]), FrozenBitMap(), 1, 700, 11,
                            len(expected), "contact", same_rules=True))  # fmt: skip
        ledger.flush()
    del expected[65_603]
    expected[9] = 700
    assert feed.entered_at(1, asked) == expected
    feed.close()
    view.close()
    people.close()
