"""What lives in memory is kept over a stop: all of it, and what goes on goes on."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from carpel.domain.contacts import Write
from carpel.domain.ingest import ContactsRecord, records
from carpel.domain.segments import Definition
from carpel.engine import restoring
from carpel.engine.memory import pickled
from carpel.kit.clock import DAY, HOUR
from carpel.kit.ids import new_seed
from carpel.storage.log import Log
from support.alike import differences
from support.inside import House, house, instant
from support.kept import COUNTED, LATER, NOON, RULES, check, counts, fill, stopped, worlds
from support.running import carpel, serving


def changes(home: House) -> list[tuple[Any, ...]]:
    home.service.feed.flush()
    segments = {one["id"]: one["code"] for one in home.client.everything("/segments")}
    found = home.client.get("/changes", limit=1000)["data"]
    return sorted(
        (one["at"], segments[one["segment"]], one["contact"], one["change"], one["cause"])
        for one in found
    )


@pytest.mark.parametrize(("background", "small"), [(False, 0), (True, pickled._SMALL)])  # noqa: SLF001
def test_nothing_of_a_world_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: int, *, background: bool
) -> None:
    """Attribute by attribute, whatever the classes are; and it goes on like the one before."""
    monkeypatch.setattr(pickled, "_SMALL", small)  # with 0 all arrays lie outside of the pickle
    data = tmp_path / "data"
    with house(data, NOON, background=background) as home:
        fill(home)
        home.service.engine.settle(home.service.segments.numbers())
        home.client.delete("/contacts/p3", wait="applied")
        home.happen({"external_id": "p4", "event": "buy", "time": NOON, "properties": {"price": 3}})
        before = home.service.engine
        then = counts(home)
    with house(data, NOON, background=background) as home:
        assert counts(home).keys() == COUNTED
        home.service.engine.settle(home.service.segments.numbers())
        assert counts(home) == then
        assert differences(worlds(before), worlds(home.service.engine)) == []
        check(home, restored=True)
        home.put({"external_id": "p5", "fields": {"age": 90, "name": "n21", "plan": "gold"}})
        home.happen(
            {"external_id": "new", "event": "buy", "properties": {"price": 30, "what": "w9"}}
        )
        check(home, restored=True)
        home.clock.advance(40 * DAY)
        check(home, restored=True)


def test_what_time_did_meanwhile_is_told_at_its_instant(tmp_path: Path) -> None:
    told = []
    for name, stops in (("runs", False), ("stops", True)):
        data = tmp_path / name
        with house(data, NOON, background=False) as home:
            fill(home)
            if not stops:
                engine = home.service.engine
                end = instant(NOON) + 11 * DAY + HOUR
                while (due := engine.next_due) is not None and due <= end:
                    home.clock.advance(due - home.clock.now())
                    engine.refresh()
                home.clock.advance(end - home.clock.now())
                check(home, restored=False)
                told.append([one[:2] + one[3:] for one in changes(home)])
        if stops:
            with house(data, "2026-06-12T13:00:00Z", background=False) as home:
                check(home, restored=True)
                told.append([one[:2] + one[3:] for one in changes(home)])
    assert len({at for at, *_ in told[0]}) > 10
    assert told[0] == told[1]


def test_many_instants_are_told_together_but_never_before_theirs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restoring, "_ONE_BY_ONE", 1)
    monkeypatch.setattr(restoring, "_STEPS", 4)
    data = tmp_path / "data"
    stopped(data)
    with house(data, "2026-06-12T13:00:00Z", background=False) as home:
        check(home, restored=True)
        signups = {
            f"p{n}": instant(f"2026-05-{1 + n // 2:02}T{n % 24:02}:00:00Z") for n in range(60)
        }
        ids = {home.client.get(f"/contacts/{name}")["id"]: name for name in signups}
        left = {ids[who]: instant(at) for at, code, who, change, _ in changes(home)
                if code == "RECENT" and change == "left"}  # fmt: skip
        assert len(left) > 4
        for who, at in left.items():
            assert 0 <= at - (signups[who] + 20 * DAY) <= 3 * DAY


def test_what_was_told_already_is_not_told_again(tmp_path: Path) -> None:
    """A snapshot serves twice when nothing came in; the feed has gone on since it was written."""
    data = tmp_path / "data"
    stopped(data)
    for at in ("2026-06-04T13:00:00Z", "2026-06-04T13:00:00Z", "2026-06-12T13:00:00Z"):
        with house(data, at, background=False) as home:
            check(home, restored=True)
            moves: dict[tuple[str, str], list[str]] = {}
            for _, code, who, change, _ in changes(home):
                moves.setdefault((code, who), []).append(change)
            for told in moves.values():
                assert all(one != other for one, other in pairwise(told))
                assert told[0] == "entered"


def test_a_real_server_goes_on_from_it(tmp_path: Path) -> None:
    """Another process, whose hashes are others."""
    data = tmp_path / "data"
    stopped(data)
    key = carpel("key", "create", "--name", "k", "--permission", "*", "--quiet", "--data", data)
    with serving(data) as server:
        done = carpel("verify", "--data", data).stdout
        assert done.count("✓") == len(RULES), done
        assert server.stop() == 0
    with serving(data) as server:
        carpel("verify", "--data", data)
        restored = server.get("/metrics", key.stdout.strip()).text
        assert "carpel_engine_snapshot_bytes" in restored
        server.kill()
    with serving(data):  # nothing has come in since
        carpel("verify", "--data", data)


def test_what_comes_in_while_it_is_read_is_in_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    stopped(data)
    with house(data, LATER, background=False) as home:

        def meanwhile(stage: str) -> None:
            if stage == "read":  # nothing may be waited for that waits for what is read
                home.client.post("/contacts", [{"external_id": "p1", "fields": {"age": 50}}])
                home.client.delete("/contacts/p41")
                home.client.post("/events", [{"external_id": "p50", "event": "buy"}])
                segments, workspace = home.service.segments, home.service.workspaces.read("default")
                named = segments.read(workspace, "NAMED")
                segments.edit(workspace, named, Definition(sql="name = 'n2'"))
                segments.delete(segments.read(workspace, "SPENT"))
                assert home.service.ingest.wait_applied(home.service.ingest.last_seq, 60)
                home.clock.advance(HOUR)

        home.service.engine.at_stage = meanwhile
        home.service.engine.refresh()
        home.service.engine.at_stage = lambda _: None
        check(home, restored=True)
        assert "p1" in home.members("OLD")
        assert "p41" not in home.members("OLD")
        assert home.members("NAMED") == {"p2"}


def test_records_of_the_log_that_were_not_applied_yet_are(tmp_path: Path) -> None:
    data = tmp_path / "data"
    stopped(data)
    log = Log(data / "log", lambda _: None)
    for name in ("x", "y"):
        write = Write(None, {1: name}, {}, [], create=True)
        record = ContactsRecord(1, instant(LATER), new_seed(), [write])
        log.append(records.encode(record), None).result()
    log.close()
    with house(data, LATER) as home:
        home.service.engine.settle(home.service.segments.numbers())
        check(home, restored=True)


def test_rules_edited_archived_and_deleted_meanwhile(tmp_path: Path) -> None:
    data = tmp_path / "data"
    stopped(data)
    with house(data, NOON, background=False) as home:  # as commands do without a server
        segments, workspace = home.service.segments, home.service.workspaces.read("default")

        def edit(code: str, sql: str) -> None:
            segments.edit(workspace, segments.read(workspace, code), Definition(sql=sql))

        edit("OLD", "age >= 50")
        segments.archive(segments.read(workspace, "NAMED"), archived=True)
        segments.delete(segments.read(workspace, "SPENT"))
        segments.create(workspace, Definition(name="Another", sql="age = 7"))
        edit("KINDS", "age = 3")
        edit("KINDS", RULES["Kinds"])
        assert home.service.engine.restored is None
    with house(data, LATER) as home:
        home.service.engine.settle(home.service.segments.numbers())
        check(home, restored=True)
        assert home.members("ANOTHER") == {"p7"}
        assert home.count("OLD")["value"] == 10
