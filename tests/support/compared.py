"""A timeline with rules around a theme, held against the oracle in plain Python after each step."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from hypothesis import note, strategies as st
from typing_extensions import override

from carpel.client import ApiError
from carpel.domain.refusals import Refusal
from carpel.domain.segments import Definition, Segment
from carpel.engine.plan import Plan
from carpel.query import meaning as m
from carpel.query.render import render
from support.diary import Diary, ids_of
from support.oracle_steps import Oracle
from support.population import Population
from support.population_strategies import LISTS, events
from support.timeline_strategies import Theme, kinds
from support.timelines import NAMES, NOT_FOUND, PRESENT, Timeline

SEGMENTS_AT_FIRST = (12, 40)


class Compared(Timeline):
    """The same, with a diary of what happened."""

    def __init__(
        self, folder: Path, data: st.DataObject, theme: Theme, tally: Counter[str]
    ) -> None:
        super().__init__(folder, data, tally)
        self._theme = theme
        self._diary = Diary()
        self._oracle = Oracle()
        self._deletions = 0
        self._expected: dict[str, set[str] | None] = {}
        self._rules: dict[str, m.Condition] = {}
        self._ids: dict[int, str] = {}  # of contacts by number
        self._kinds: dict[Plan, frozenset[str]] = {}

    @override
    def begin(self, population: Population) -> None:
        super().begin(population)
        people = self._people()
        for event in population.events:
            self._diary.note(event, people)
        for _ in range(self._data.draw(st.integers(*SEGMENTS_AT_FIRST))):
            self._define_unseen()

    @override
    def check(self) -> None:
        service, workspace = self._service, self._workspace
        segments = service.segments.list_of(workspace)
        world, self._rules = self._diary.world(service, workspace, segments)
        self._expected = self._oracle.members(self._rules, world, self._now)
        numbers = service.contacts.numbers(workspace, after=0, most=1_000)
        people = service.contacts.read_numbered(workspace, numbers)
        self._ids = {number: person.id for number, person in people}
        super().check()

    @override
    def _compare(self, segment: Segment, plan: Plan, kept: set[int]) -> None:
        self._tally.update(self._kinds_of(segment, plan))
        expected = self._expected[segment.id]
        if expected is None:
            self._tally["off the calendar"] += 1
            return
        inside = {self._ids[number] for number in kept}
        assert inside == expected, (segment.sql, sorted(inside), sorted(expected))
        self._tally["held against the oracle"] += 1

    # ------------------------------------------------------------------ what happens

    @override
    def events(self) -> None:
        found = self._data.draw(st.lists(events(NAMES, PRESENT), min_size=1, max_size=4))
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
        when = self._data.draw(events(("x",), PRESENT))
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

    def _define_unseen(self) -> None:
        """A segment that nobody waits for: all of these are taken up in one pass."""
        self._segments += 1
        of_list = self._data.draw(st.sampled_from((None, None, None, *LISTS)))
        wanted = Definition(name=f"S{self._segments}", sql=self._sql(), list=of_list)
        note(str(wanted.sql))
        try:
            self._service.segments.create(self._workspace, wanted)
        except Refusal:
            self._tally["refused"] += 1

    def _people(self) -> dict[str, str]:
        return ids_of(self._service, self._workspace)

    def _kinds_of(self, segment: Segment, plan: Plan) -> frozenset[str]:
        if plan not in self._kinds:
            self._kinds[plan] = frozenset(f"{kind} leaf" for kind in kinds(plan))
        rule = self._rules[segment.id]
        is_nested = isinstance(rule, m.Both | m.Either) and any(
            isinstance(part, m.InSegments | m.Not) for part in rule.parts
        )
        return self._kinds[plan] | ({"nested leaf"} if is_nested else set())

    @override
    def _sql(self) -> str:
        """Rules of the theme, at times with another segment in them or with its rules, or just these."""
        others = self._service.segments.list_of(self._workspace)
        turn = self._data.draw(st.integers(0, 7)) if others else 0
        other = self._data.draw(st.sampled_from(others)) if turn >= 5 else None
        if turn == 7 and other is not None and other.id in self._rules:
            self._tally["same rules"] += 1
            return render(_turned(self._rules[other.id]))
        if (
            turn == 6
            and other is not None
            and other.id in self._rules
            and self._data.draw(st.booleans())
        ):
            return render(m.Not(self._rules[other.id]))  # all its leaves turned round
        found = self._data.draw(self._theme.rules(PRESENT, LISTS))
        if other is None:
            return render(found)
        inner: m.Condition = m.InSegments((other.id,))
        if turn == 6:
            inner = self._rules.get(other.id, inner)
        if self._data.draw(st.booleans()):
            inner = m.Not(inner)
        together = m.both if self._data.draw(st.booleans()) else m.either
        return render(together((inner, found)))


def _turned(rule: m.Condition) -> m.Condition:
    """The same, said the other way round."""
    match rule:
        case m.Both(parts=parts):
            return m.both(tuple(reversed(parts)))
        case m.Either(parts=parts):
            return m.either(tuple(reversed(parts)))
        case _:
            return rule
