"""A snapshot that does not fit, or is no whole one, is left alone; and what is in none of them."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from carpel.engine import restoring, snapshots
from carpel.storage.backup import unpack
from support.inside import House, house
from support.kept import COUNTED, FILE, LATER, check, counts, stopped, worlds
from support.running import environment

SECRET = "nobody-may-know-this"


def spoil_end(file: Path) -> None:
    with file.open("r+b") as stream:
        stream.truncate(file.stat().st_size // 2)


def spoil_nothing_left(file: Path) -> None:
    file.write_bytes(b"")


def spoil_byte(file: Path) -> None:
    body = bytearray(file.read_bytes())
    body[len(body) // 3] ^= 1
    file.write_bytes(body)


def spoil_table(file: Path) -> None:
    body = bytearray(file.read_bytes())
    body[-100] ^= 1
    file.write_bytes(body)


def spoil_all(file: Path) -> None:
    file.write_bytes(os.urandom(100_000))


@pytest.mark.parametrize(
    "spoil", [spoil_end, spoil_nothing_left, spoil_byte, spoil_table, spoil_all]
)
def test_a_damaged_one_is_told_of_and_not_used(
    tmp_path: Path, spoil: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    data = tmp_path / "data"
    stopped(data)
    spoil(data / FILE)
    with house(data, LATER, background=False) as home, caplog.at_level(logging.WARNING):
        home.service.engine.refresh()
        assert any(one.levelname == "WARNING" for one in caplog.records)
        check(home, restored=home.service.engine.restored is not None)
        assert not home.service.engine._worlds.held  # noqa: SLF001
    with house(data, LATER, background=False) as home:
        check(home, restored=True)


def test_one_of_something_else_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tmp_path / "data"
    stopped(data)
    with house(data, "2026-06-01T11:00:00Z", background=False) as home:  # the clock went back
        check(home, restored=False)
    monkeypatch.setattr(snapshots, "fingerprint", lambda: "another code")
    with house(data, LATER, background=False) as home:
        check(home, restored=False)
    monkeypatch.undo()
    with house(data, LATER, background=False) as home:
        check(home, restored=False)
    kept = (data / FILE).read_bytes()
    with house(data, LATER, background=False) as home:
        home.put({"external_id": "p1", "fields": {"age": 90}})
        check(home, restored=True)
    (data / FILE).write_bytes(kept)  # of older data
    with house(data, LATER, background=False) as home:
        check(home, restored=False)
        assert "p1" in home.members("OLD")
    os.utime(data / "columns.duckdb")  # perhaps another file with as many records
    with house(data, LATER, background=False) as home:
        check(home, restored=False)


def test_switched_off_it_is_neither_read_nor_written_nor_left(tmp_path: Path) -> None:
    data = tmp_path / "data"
    stopped(data)
    with house(data, LATER, background=False, engine_snapshot=False) as home:
        assert not (data / FILE).exists()
        check(home, restored=False)
    assert not (data / FILE).exists()


def test_worlds_that_have_to_be_smaller_now_are_recounted(tmp_path: Path) -> None:
    data = tmp_path / "data"
    stopped(data)
    with house(data, LATER, background=False, engine_memory_mb=0) as home:
        home.service.engine.refresh()
        assert counts(home).keys() == COUNTED
        assert not any(worlds(home.service.engine).values())


def test_batches_do_not_pile_up_for_one_that_nobody_reads(tmp_path: Path) -> None:
    data = tmp_path / "data"
    stopped(data)
    with house(data, LATER, background=False) as home:
        for n in range(restoring._MOST_HELD + 2):  # noqa: SLF001
            home.client.post("/contacts", [{"external_id": f"q{n}", "fields": {"age": 50}}])
            assert home.service.ingest.wait_applied(home.service.ingest.last_seq, 60)
        assert not home.service.engine._worlds.held  # noqa: SLF001
        check(home, restored=False)


def test_backups_are_without_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    stopped(data)
    with house(data, LATER, background=False) as home:
        (tmp_path / "b").write_bytes(b"".join(home.service.back_up()))
        assert (data / FILE).exists()
    unpack(tmp_path / "b", tmp_path / "again")
    assert not (tmp_path / "again" / FILE).exists()
    with house(tmp_path / "again", LATER, background=False) as home:
        check(home, restored=False)


# ------------------------------------------------------------------------- erasure


def test_who_is_erased_is_in_no_snapshot(tmp_path: Path) -> None:
    data = tmp_path / "data"

    def add(home: House) -> None:
        event = {"event": "buy", "properties": {"what": SECRET, "price": 3}}
        home.put({"external_id": "gone", "fields": {"name": SECRET, "age": 50}})
        home.happen({"external_id": "gone", **event})
        home.happen({"external_id": "p1", **event, "properties": {"what": "kept"}})

    stopped(data, add)
    assert SECRET.encode() in (data / FILE).read_bytes()
    with house(data, LATER, background=False) as home:
        check(home, restored=True)
        home.client.delete("/contacts/gone", wait="applied")
        assert not (data / FILE).exists()
        check(home, restored=True)
    kept = (data / FILE).read_bytes()
    assert SECRET.encode() not in kept
    assert b"kept" in kept
    with house(data, LATER, background=False) as home:
        check(home, restored=True)
        home.happen({"external_id": "p2", "event": "buy", "properties": {"what": SECRET}})
        check(home, restored=True)


# --------------------------------------------------------------------------- kills

KILLED = """
import os, signal, sys
from pathlib import Path
from carpel.app.service import Service
from carpel.settings import Settings
from carpel.storage import parts

adds = 0
def add(self, array, plain=parts.PartsWriter.add):
    global adds
    adds += 1
    found = plain(self, array)
    if adds == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    return found

parts.PartsWriter.add = add
pickled = sys.modules["carpel.engine.memory.pickled"]
pickled._SMALL = 0
service = Service.open(Settings(data=Path(sys.argv[1])), background=False)
service.engine.refresh()
workspace = service.workspaces.read("default")
service.segments.archive(service.segments.read(workspace, "OLD"), archived=True)
service.engine._outdate()
service.close()
"""


@pytest.mark.parametrize("after", [1, 40])
def test_a_process_killed_while_it_writes_leaves_none(tmp_path: Path, after: int) -> None:
    data = tmp_path / "data"
    stopped(data)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(data), str(after)], env=environment(), check=False
    )
    assert done.returncode == -9
    assert not (data / FILE).exists()
    assert (data / f"{FILE}.draft").exists()
    with house(data, "2036-01-01T00:00:00Z", background=False) as home:
        assert not (data / f"{FILE}.draft").exists()
        check(home, restored=False)
