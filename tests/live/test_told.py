"""When it is told who moved: not before the people store has it, and not only once nothing comes any more."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from carpel.domain.feed.recorder import Item
from carpel.engine.live import Engine
from carpel.engine.publication import Publication
from carpel.kit.turns import INTERPRETER
from support.inside import House, house

PATIENCE_S = 30


class Gate:
    """Holds each batch up just before the people store commits it."""

    def __init__(self, home: House, monkeypatch: pytest.MonkeyPatch) -> None:
        people = home.service._people  # noqa: SLF001
        self._reached, self._open = threading.Semaphore(0), threading.Semaphore(0)
        self._write = people.set_counters
        monkeypatch.setattr(people, "set_counters", self._held)

    def reached(self) -> None:
        """Wait until the next batch has come to it."""
        assert self._reached.acquire(timeout=PATIENCE_S)

    def let_one_through(self) -> None:
        self._open.release()

    def _held(self, values: Mapping[str, int]) -> None:
        self._reached.release()
        assert self._open.acquire(timeout=PATIENCE_S)
        self._write(values)


@contextmanager
def gated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[House, Gate]]:
    with house(tmp_path / "data") as home:
        home.put({"external_id": "p0", "fields": {"age": 50}})
        home.segment("Old", "age >= 40")
        gate = Gate(home, monkeypatch)
        try:
            yield home, gate
        finally:
            for _ in range(10):
                gate.let_one_through()


def test_nobody_is_told_before_the_people_store_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with gated(tmp_path, monkeypatch) as (home, gate):
        home.client.post("/contacts", [{"external_id": "p1", "fields": {"age": 60}}])
        gate.reached()
        # It waits a moment for what has come, in vain; the engine is long done with it.
        assert home.count("Old")["value"] == 1
        gate.let_one_through()
        number = _number(home)
        assert home.service.engine.settle([number], timeout_s=PATIENCE_S)
        assert home.count("Old")["value"] == 2
        assert home.members("Old") == {"p0", "p1"}


def test_who_asks_does_not_wait_for_what_comes_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with gated(tmp_path, monkeypatch) as (home, gate):
        home.client.post("/contacts", [{"external_id": "p1", "fields": {"age": 60}}])
        gate.reached()
        asked, settled = threading.Event(), threading.Event()
        engine, number = home.service.engine, _number(home)
        asking = engine._asked_now  # noqa: SLF001

        def ask() -> object:
            found = asking()
            asked.set()
            return found

        monkeypatch.setattr(engine, "_asked_now", ask)
        second = _held_up(engine, monkeypatch)

        def wait() -> None:
            if engine.settle([number], timeout_s=PATIENCE_S):
                settled.set()

        waiting = threading.Thread(target=wait)
        waiting.start()
        assert asked.wait(PATIENCE_S)
        home.client.post("/contacts", [{"external_id": "p2", "fields": {"age": 70}}])
        gate.let_one_through()
        gate.reached()  # the second, which the engine has been told of before it is done with the first
        second.set()
        assert settled.wait(PATIENCE_S / 2)
        found = engine.count(number)
        assert found is not None
        assert found.value == 2
        gate.let_one_through()
        waiting.join(PATIENCE_S)


def test_changes_from_now_are_none_that_a_count_has_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with house(tmp_path / "data") as home:
        home.put({"external_id": "p0", "fields": {"age": 50}})
        home.segment("Old", "age >= 40")
        home.service.feed.flush()
        recorder, go_on = home.service.feed._recorder, threading.Event()  # noqa: SLF001
        write = recorder._publish  # noqa: SLF001

        def late(batch: list[Item]) -> None:
            assert go_on.wait(PATIENCE_S)
            write(batch)

        monkeypatch.setattr(recorder, "_publish", late)
        home.put({"external_id": "p1", "fields": {"age": 60}})
        assert home.count("Old")["value"] == 2
        cursors: list[str] = []

        def ask() -> None:
            cursors.append(home.client.get("/changes", **{"from": "now"})["next_cursor"])

        asking = threading.Thread(target=ask)
        asking.start()
        asking.join(0.2)  # it may wait, and has nothing to say before the change is written
        go_on.set()
        asking.join(PATIENCE_S)
        assert home.service.feed.flush(PATIENCE_S)
        assert home.client.get("/changes", cursor=cursors[0])["data"] == []


def _held_up(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Telling the feed waits until this is set."""
    go_on, told = threading.Event(), engine._on_published  # noqa: SLF001

    def tell(news: Publication) -> None:
        with INTERPRETER.aside():
            assert go_on.wait(PATIENCE_S)
        told(news)

    monkeypatch.setattr(engine, "_on_published", tell)
    return go_on


def _number(home: House) -> int:
    workspace = home.service.workspaces.read("default")
    return home.service.segments.read(workspace, "Old").no
