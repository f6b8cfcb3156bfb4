"""A membership that is wrong, however it came to that, is found, told and mended."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from support.inside import House, house


def _corrupt(home: House, reference: str, gone: str) -> None:
    """Take somebody out of a live segment behind everybody's back, bits and all."""
    segment = _segment(home, reference)
    person = home.client.get(f"/contacts/{gone}")
    found = home.service.contacts.find(home.service.workspaces.read("default"), person["id"])
    assert found is not None
    world = home.service.engine._worlds.world(segment.workspace)  # noqa: SLF001
    assert world is not None
    (number,) = (one for one in world.members(segment.no) if _external_id(home, one) == gone)
    world.members(segment.no).discard(number)
    leaf = world._segments[segment.no].leaves[0]  # noqa: SLF001
    slot = world._leaves[leaf].slot  # noqa: SLF001
    world._answers._cells[number, slot >> 3] &= 0xFF ^ (1 << (slot & 7))  # noqa: SLF001


def _external_id(home: House, number: int) -> str | None:
    workspace = home.service.workspaces.read("default")
    (one,) = home.service.contacts.read_many(workspace, [number])
    return one.identifiers.get("external_id")


def test_what_is_wrong_is_told_and_mended(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with house(tmp_path / "data", background=False) as home:
        home.put(*({"external_id": f"p{n}", "fields": {"age": n}} for n in range(60)))
        home.segment("Old", "age >= 40 AND external_id IS NOT NULL")
        home.segment("Also", "age >= 40")
        auditor = home.service.auditor
        assert auditor.look() is not None
        assert not caplog.records
        before = _changes(home)
        _corrupt(home, "OLD", "p41")

        (verified,) = home.client.post("/verify", {"segments": ["OLD"]})["data"]
        (difference,) = verified["differences"]
        assert difference["contact"]["external_id"] == "p41"
        assert difference["clause"] == "age >= 40"
        assert (difference["kept"], difference["recomputed"]) == (False, True)

        for _ in range(2):
            auditor.look()
        assert "contact p41 is out as kept and in recomputed; it is decided by: age >= 40" in (
            caplog.text
        )
        text = _metrics(home)
        assert 'carpel_audit_differences_total{workspace="default"} 1.0' in text
        assert 'carpel_audited_segments_total{workspace="default"} 3.0' in text

        home.service.engine.refresh()
        assert "p41" in home.members("OLD")
        assert home.service.engine.is_in_memory(_segment(home, "OLD").no)
        # A change of somebody else's and of this one's goes on from what is right.
        home.put({"external_id": "p41", "fields": {"age": 3}})
        home.put({"external_id": "p1", "fields": {"age": 77}})
        for name in ("OLD", "ALSO"):
            kept, found = home.service.engine.audit(_segment(home, name).no)
            assert kept == found
            assert home.count(name)["value"] == 20
        later = _changes(home)[len(before) :]
        told = sorted((one["segment"]["code"], one["change"]) for one in map(_named(home), later))
        assert told == [("ALSO", "entered"), ("ALSO", "left"), ("OLD", "entered"), ("OLD", "left")]


def test_it_looks_by_itself_once_in_a_while(tmp_path: Path) -> None:
    looked = threading.Event()
    with house(tmp_path / "data", audit_every_s=60) as home:
        home.service.auditor.look = looked.set  # type: ignore[method-assign]
        home.clock.advance(59_000_000)
        assert not looked.is_set()
        home.clock.advance(1_000_000)
        assert looked.wait(30)


def test_a_server_that_stops_does_not_wait_for_an_audit_at_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("carpel.domain.segments.auditor._RESTS", 1e9)
    with house(tmp_path / "data", audit_every_s=60) as home:
        home.put(*({"external_id": f"p{n}", "fields": {"age": n}} for n in range(60)))
        home.segment("Old", "age >= 40")
        resting = threading.Event()
        background = home.service.auditor._background  # noqa: SLF001
        rest = background.rest

        def told(seconds: float) -> bool:
            resting.set()
            return rest(seconds)

        background.rest = told  # type: ignore[method-assign]
        home.clock.advance(60_000_000)
        assert resting.wait(30)
    assert not home.service.auditor.audited
    assert not caplog.records


def _changes(home: House) -> Any:
    home.service.feed.flush()
    return home.client.get("/changes")["data"]


def _named(home: House) -> Any:
    codes = {one["id"]: one for one in home.client.everything("/segments")}
    return lambda change: {**change, "segment": codes[change["segment"]]}


def _metrics(home: House) -> str:
    from carpel.app.metrics import Metrics  # noqa: PLC0415

    everyone = home.service.workspaces.list_all()
    return Metrics(home.service).text(everyone).decode()


def _segment(home: House, reference: str) -> Any:
    return home.service.segments.read(home.service.workspaces.read("default"), reference)


def test_counting_goes_on_while_an_audit_waits_for_the_columns(tmp_path: Path) -> None:
    with house(tmp_path / "data") as home:
        home.put(*({"external_id": f"p{n}", "fields": {"age": n}} for n in range(60)))
        home.segment("Old", "age >= 40")
        segment = _segment(home, "OLD")
        opened, reached = threading.Event(), threading.Event()
        columns = home.service._columns  # noqa: SLF001
        apply = columns.apply

        def held_up(*given: Any) -> None:
            reached.set()
            opened.wait(60)
            apply(*given)

        columns.apply = held_up  # type: ignore[assignment, method-assign]
        found: list[Any] = []
        audits = [
            threading.Thread(target=lambda: found.append(home.service.engine.audit(segment.no)))
            for _ in range(2)
        ]
        try:
            home.client.post("/contacts", [{"external_id": "p1", "fields": {"age": 77}}])
            assert reached.wait(30)
            assert _counted(home, 21)
            for audit in audits:
                audit.start()
            home.client.post("/contacts", [{"external_id": "p2", "fields": {"age": 77}}])
            assert _counted(home, 22)
            assert not found
        finally:
            opened.set()
        for audit in audits:
            audit.join(60)
        assert len(found) == len(audits)
        for kept, recomputed in found:
            assert kept == recomputed
            assert len(kept) in {21, 22}


def _counted(home: House, wanted: int) -> bool:
    """Whether the count comes to a number; nothing else wakes up who looks at it."""
    for _ in range(100):
        if home.count("OLD")["value"] == wanted:
            return True
        home.service.engine.settle([_segment(home, "OLD").no], timeout_s=0.05)
    return False
