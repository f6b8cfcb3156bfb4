"""New and edited segments are taken up beside what goes on, and are right once they are swapped in.

The engine calls the test between the parts of a build, so what overlaps is drawn, not a matter of luck.
"""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, note, strategies as st
from typing_extensions import override

from carpel.client import ApiError
from carpel.domain.refusals import Refusal
from carpel.domain.segments import Definition
from carpel.engine.memory import absorbing
from carpel.engine.plan import Plan
from support.inside import House, house
from support.oracle_drawing import examples
from support.population import Population
from support.population_strategies import populations
from support.timelines import NOT_FOUND, Timeline
from support.waiting import until

PATIENCE_S = 30
FEW = absorbing._FEW  # noqa: SLF001
MEANWHILE = ["contact", "events", "events", "time", "delete", "meet", "edit", "drop", "define"]


class Overlapping(Timeline):
    """A timeline in which things happen while segments are being taken up."""

    def __init__(self, folder: Path, data: st.DataObject, tally: Counter[str]) -> None:
        super().__init__(folder, data, tally)
        self._is_building = False
        self._serving: dict[int, Plan] = {}

    def build(self) -> None:
        """Segments come and change, and while they are worked out other things happen."""
        self._serving.clear()
        self._is_building = True
        for action in self._data.draw(st.lists(st.sampled_from(["define", "edit"]), min_size=1)):
            getattr(self, action)()
        # Few bits are copied one by one, many by the byte; here all by the byte, half of the time.
        absorbing._FEW = self._data.draw(st.sampled_from([0, FEW]))  # noqa: SLF001
        engine = self._service.engine
        engine.at_stage = self._at_stage
        engine.refresh()
        engine.at_stage = lambda _: None
        self._is_building = False

    @override
    def drop(self) -> None:
        found = self._service.segments.list_of(self._workspace)
        if found:
            gone = self._data.draw(st.sampled_from(found))
            self._serving.pop(gone.no, None)
            self._service.segments.delete(gone)

    def _at_stage(self, stage: str) -> None:
        note(stage)
        for action in self._data.draw(st.lists(st.sampled_from(MEANWHILE), max_size=3)):
            note(action)
            self._tally[f"{action} meanwhile"] += 1
            getattr(self, action)()
        self._check_live()

    def _check_live(self) -> None:
        """What lives is exact all the while; what is edited goes on by its old rules."""
        service = self._service
        for segment in service.segments.list_of(self._workspace):
            if service.engine.is_in_memory(segment.no):
                kept, found = service.engine.audit(segment.no)
                assert kept == found, segment.sql
                self._tally["live meanwhile"] += 1
        service.engine.refresh(set())
        for number, plan in self._serving.items():
            if not service.engine.is_in_memory(number):
                published = service.engine.members(number)
                (old,) = service.engine.evaluate(self._workspace.no, [plan])
                assert published is not None
                assert sorted(published.members) == sorted(old.members)
                self._tally["old rules meanwhile"] += bool(len(old.members))

    # ------------------------------------------ without waiting for what is being built

    @override
    def _post(self, path: str, body: Any) -> None:
        if not self._is_building:
            super()._post(path, body)
            return
        self._client.post(path, body)
        self._wait()

    @override
    def delete(self) -> None:
        if not self._is_building:
            super().delete()
            return
        try:
            self._client.delete(f"/contacts/{self._name()}")
        except ApiError as error:
            if error.status != NOT_FOUND:
                raise
        self._wait()

    @override
    def define(self) -> None:
        self._segments += 1
        wanted = Definition(name=f"S{self._segments}", sql=self._sql())
        self._taken(lambda: self._service.segments.create(self._workspace, wanted))

    @override
    def edit(self) -> None:
        name = f"S{self._data.draw(st.integers(1, self._segments))}"
        segment = self._service.segments.find(self._workspace.no, name)
        if segment is None:
            return
        plan = self._service.segments.plan(segment)
        is_live = self._service.engine.is_in_memory(segment.no)
        wanted = Definition(sql=self._sql())
        changed = self._taken(lambda: self._service.segments.edit(self._workspace, segment, wanted))
        if is_live and changed is not None and changed.version != segment.version:
            self._serving[segment.no] = plan

    def _taken(self, make: Any) -> Any:
        try:
            return make()
        except Refusal:
            self._tally["refused"] += 1
            return None

    def _wait(self) -> None:
        assert self._service.ingest.wait_applied(self._service.ingest.last_seq, PATIENCE_S)


def test_what_happens_during_builds_is_in_them(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    tally: Counter[str] = Counter()

    @examples(30)
    @given(populations(), st.data())
    def agrees(population: Population, data: st.DataObject) -> None:
        timeline = Overlapping(tmp_path_factory.mktemp("t"), data, tally)
        try:
            timeline.begin(population)
            if data.draw(st.booleans()):  # else the first build of all has company too
                timeline.check()
            for _ in range(data.draw(st.integers(1, 4))):
                timeline.build()
                timeline.check()
                for _ in range(data.draw(st.integers(0, 2))):
                    timeline.go_on()
        finally:
            timeline.close()

    agrees()
    assert tally["live meanwhile"] > 50, tally
    assert tally["old rules meanwhile"] > 5, tally
    assert tally["audits with somebody"] > tally["audits"] // 4, tally


def test_the_old_membership_serves_until_the_new_is_there(tmp_path: Path) -> None:
    with house(tmp_path / "data", background=False) as home:
        home.put(*({"external_id": f"p{n}", "fields": {"age": n}} for n in range(60)))
        home.segment("Old", "age >= 40")
        seen: dict[str, Any] = {}

        def look(stage: str) -> None:
            engine, segment = home.service.engine, _segment(home, "OLD")
            if stage == "worked out":
                home.client.post("/contacts", [{"external_id": "new", "fields": {"age": 50}}])
                ingest = home.service.ingest
                assert ingest.wait_applied(ingest.last_seq, PATIENCE_S)
                engine.refresh()
                seen["count"] = engine.count(segment.no)
                seen["progress"] = engine.building(segment.no)

        home.service.engine.at_stage = look
        home.client.patch("/segments/OLD", {"sql": "age >= 20"})
        assert (seen["count"].value, seen["count"].definition_version) == (21, 1)
        assert (seen["progress"].fraction, seen["progress"].segments) == (1.0, 1)
        assert home.count("OLD")["value"] == 41
        assert home.service.engine.building(_segment(home, "OLD").no) is None


def test_what_the_columns_do_not_have_yet_is_in_a_build_that_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [{"external_id": f"p{n}", "fields": {"age": n}} for n in range(400)]
    with house(tmp_path / "data") as home:
        home.put(*people[:380])
        home.happen(*({"external_id": f"p{n}", "event": "buy"} for n in range(20)))
        held, columns = threading.Event(), home.service._columns  # noqa: SLF001
        write = columns.apply

        def later(*what: Any) -> None:
            assert held.wait(PATIENCE_S)
            write(*what)

        monkeypatch.setattr(columns, "apply", later)
        more = [*people[380:], people[5] | {"fields": {"age": 50}}]
        home.client.post("/contacts", more, wait="stored")
        bought = [{"external_id": f"p{n}", "event": "buy"} for n in (1, 381, 399)]
        home.client.post("/events", bought, wait="stored")
        home.client.delete("/contacts/p399")
        until(lambda: home.service.ingest.untold_since is None)
        rules = {
            "old": "age >= 40",
            "buyers": "contact_id IN (SELECT contact_id FROM event_data WHERE event_type = 'buy')",
            "regulars": "contact_id IN (SELECT contact_id FROM event_data WHERE event_type = 'buy' "
                        "GROUP BY contact_id HAVING COUNT(*) > 1)",
        }  # fmt: skip
        for name, sql in rules.items():
            home.segment(name, sql)
        engine, numbers = home.service.engine, [_segment(home, name).no for name in rules]
        assert engine.settle(numbers, timeout_s=PATIENCE_S)
        found = [engine.count(number) for number in numbers]
        assert [one and one.value for one in found] == [360, 21, 1]
        held.set()
        home.put(people[50])  # and the columns have it all
        for sql, value in zip(rules.values(), (360, 21, 1), strict=True):
            asked = home.client.post("/segments/preview", {"sql": sql})
            assert asked["count"]["value"] == value


def test_a_build_that_nobody_waits_for_stops_at_once(tmp_path: Path) -> None:
    with house(tmp_path / "data", background=False) as home:
        home.put(*({"external_id": f"p{n}", "fields": {"age": n}} for n in range(60)))
        home.segment("Live", "age >= 40")
        engine, stages = home.service.engine, []

        def drop(stage: str) -> None:
            stages.append(stage)
            if stage == "begun":
                home.service.segments.delete(_segment(home, "BRIEF"))

        engine.at_stage = drop
        home.service.segments.create(
            home.service.workspaces.read("default"), Definition(name="Brief", sql="age < 9")
        )
        engine.refresh()
        assert stages == ["begun"]
        assert home.count("LIVE") == home.count("LIVE") | {"value": 20, "exact": True}


def test_a_build_that_fails_leaves_the_rest_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with house(tmp_path / "data", background=False) as home:
        home.put(*({"external_id": f"p{n}", "fields": {"age": n}} for n in range(60)))
        home.segment("Live", "age >= 40")
        live = _segment(home, "LIVE")

        def fail(_: str) -> None:
            raise OSError("no more room")

        monkeypatch.setattr(home.service.engine, "at_stage", fail)
        home.segment("New", "age < 9")
        assert home.count("NEW")["value"] == 9
        assert home.service.engine.is_in_memory(live.no)
        assert not home.service.engine.is_in_memory(_segment(home, "NEW").no)
        home.put({"external_id": "x", "fields": {"age": 3}})
        assert home.count("NEW")["value"] == 10
        assert "cannot be taken up" in caplog.text


def _segment(home: House, reference: str) -> Any:
    return home.service.segments.read(home.service.workspaces.read("default"), reference)
