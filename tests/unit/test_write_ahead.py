"""A store's write-ahead log folded beside its writer: into the file, and never ever longer."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from carpel.storage import write_ahead
from carpel.storage.people import People
from support.waiting import until

PAGE = 4096
ROW = bytes(3000)  # hardly two to a page


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    store = People(tmp_path / "people.sqlite")
    yield store
    store.close()


def test_what_is_committed_comes_into_the_file_by_itself(tmp_path: Path, people: People) -> None:
    people.fold_beside()
    people.put_rows([(1, 7, b"7" * 16, ROW)])
    assert people.row(1, 7) == ROW
    until(lambda: 7 in _in_file(tmp_path))


def test_the_log_begins_again_under_a_writer_who_never_pauses(
    tmp_path: Path, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("carpel.storage.write_ahead._EVERY_S", 0.001)
    monkeypatch.setattr("carpel.storage.write_ahead._MANY_PAGES", 20)
    people.fold_beside()
    log, written = tmp_path / "people.sqlite-wal", 0
    # Each takes some four pages of the log, which would be as long as all of them.
    while written < 4_000 or log.stat().st_size > written * 2 * PAGE:
        written += 1
        assert written < 100_000
        people.put_rows([(1, written, written.to_bytes(16, "big"), ROW)])
    assert all(people.row(1, no) == ROW for no in range(1, written + 1))


def test_what_could_not_be_folded_is_tried_again_though_nothing_comes(
    tmp_path: Path,
    people: People,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("carpel.storage.write_ahead._AFTER_FAILURE_S", 0.001)
    fold, failed = write_ahead._fold, threading.Event()  # noqa: SLF001

    def refuse_once(connection: sqlite3.Connection) -> int:
        if not failed.is_set():
            failed.set()
            raise sqlite3.OperationalError("database or disk is full")
        return fold(connection)

    monkeypatch.setattr(write_ahead, "_fold", refuse_once)
    people.fold_beside()
    people.put_rows([(1, 7, b"7" * 16, ROW)])
    until(lambda: 7 in _in_file(tmp_path))
    assert "cannot be written; trying again" in caplog.text


def test_what_was_not_folded_is_there_after_the_process_died(
    tmp_path: Path, people: People
) -> None:
    people.fold_beside()
    for no in range(1, 50):
        people.put_rows([(1, no, no.to_bytes(16, "big"), ROW)])
    left = tmp_path / "left"
    left.mkdir()
    for suffix in ("", "-wal"):  # as the disk has them at this moment
        shutil.copy(tmp_path / f"people.sqlite{suffix}", left / f"people.sqlite{suffix}")
    found = People(left / "people.sqlite")
    assert all(found.row(1, no) == ROW for no in range(1, 50))
    found.close()


def _in_file(folder: Path) -> list[int]:
    """Numbers of contacts in the file alone, without its log."""
    alone = folder / "alone.sqlite"
    shutil.copy(folder / "people.sqlite", alone)
    connection = sqlite3.connect(f"file:{alone}?immutable=1", uri=True)
    try:
        return [key & 0xFFFFFFFF for (key,) in connection.execute("SELECT key FROM contact")]
    except sqlite3.DatabaseError:  # nothing is in it yet, or it was copied while it was written
        return []
    finally:
        connection.close()
