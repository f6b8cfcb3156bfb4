"""A timeline with rules around a theme, held against the oracle in plain Python after each step."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from hypothesis import strategies as st
from pyroaring import FrozenBitMap
from typing_extensions import override

from carpel.client import ApiError
from carpel.domain.segments import Segment
from carpel.query import meaning as m
from carpel.query.render import render
from support.diary import Diary, ids_of
from support.oracle import World, members
from support.oracle_calendar import OffTheCalendar
from support.population import Population
from support.population_strategies import LISTS, events
from support.timeline_strategies import Theme, kinds
from support.timelines import NAMES, NOT_FOUND, Timeline

MOST_SEGMENTS_AT_FIRST = 6


class Compared(Timeline):
    """The same, with a diary of what happened."""

    def __init__(
        self, folder: Path, data: st.DataObject, theme: Theme, tally: Counter[str]
    ) -> None:
        super().__init__(folder, data, tally)
        self._theme = theme
        self._diary = Diary()
        self._deletions = 0
        self._world: tuple[World, dict[str, m.Condition]] | None = None

    @override
    def begin(self, population: Population) -> None:
        super().begin(population)
        people = self._people()
        for event in population.events:
            self._diary.note(event, people)
        for _ in range(self._data.draw(st.integers(2, MOST_SEGMENTS_AT_FIRST))):
            self.define()

    @override
    def check(self) -> None:
        segments = self._service.segments.list_of(self._workspace)
        self._world = self._diary.world(self._service, self._workspace, segments)
        super().check()

    @override
    def _compare(self, segment: Segment, kept: FrozenBitMap) -> None:
        plan = self._service.segments.plan(segment)
        self._tally.update({f"{kind} leaf" for kind in kinds(plan)})
        assert self._world is not None
        world, rules = self._world
        inside = {one.id for one in self._service.contacts.read_many(self._workspace, list(kept))}
        try:
            expected = members(rules[segment.id], world, self._now)
        except OffTheCalendar:
            return
        assert inside == expected, (segment.sql, sorted(inside), sorted(expected))
        self._tally["held against the oracle"] += 1

    # ------------------------------------------------------------------ what happens

    @override
    def events(self) -> None:
        found = self._data.draw(st.lists(events(NAMES, self._now), min_size=1, max_size=4))
        for event in found:
            if self._data.draw(st.integers(0, 2)) == 0:  # some come twice, but not to somebody new
                event["event_id"] = f"e{self._deletions}-{self._data.draw(st.integers(0, 5))}"
        self._post("/events", found)
        people = self._people()
        for event in found:
            self._diary.note(event, people)

    @override
    def delete(self) -> None:
        name = self._name()
        gone = self._people().get(name)
        try:
            self._client.delete(f"/contacts/{name}", wait="applied")
        except ApiError as error:
            if error.status != NOT_FOUND:
                raise
        if gone is not None:
            self._diary.erased(gone)
            self._deletions += 1

    @override
    def meet(self) -> None:
        """Somebody known by an e-mail address alone turns out to be somebody known by name."""
        email, name = f"{self._name()}@example.com", self._name()
        when = self._data.draw(events(["x"], self._now))
        del when["external_id"]
        self._post("/events", [{**when, "email": email}])
        before = self._people()
        self._diary.note({**when, "email": email}, before)
        self._post("/contacts", {"external_id": name, "email": email})
        after = self._people()
        for gone in set(before.values()) - set(after.values()):
            self._diary.merged(gone, after[name])
            self._tally["merged"] += 1

    # ------------------------------------------------------------------------ within

    def _people(self) -> dict[str, str]:
        return ids_of(self._service, self._workspace)

    @override
    def _sql(self) -> str:
        """Rules of the theme, at times with another segment in them."""
        found = self._data.draw(self._theme.rules(self._now, LISTS))
        others = self._service.segments.list_of(self._workspace)
        if others and self._data.draw(st.integers(0, 5)) == 0:
            inner: m.Condition = m.InSegments((self._data.draw(st.sampled_from(others)).id,))
            if self._data.draw(st.booleans()):
                inner = m.Not(inner)
            together = m.both if self._data.draw(st.booleans()) else m.either
            found = together((inner, found))
        return render(found)
