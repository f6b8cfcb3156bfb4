"""Random timelines of the whole product: contacts, events, deletions, edits, clock steps, restarts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from shutil import copytree, rmtree
from typing import Any

from hypothesis import note, strategies as st
from pyroaring import FrozenBitMap

from carpel.client import ApiError
from carpel.domain.segments import Segment
from carpel.engine.memory.known import knows
from carpel.engine.plan import Plan
from carpel.kit.clock import SteppedClock
from carpel.kit.instants import LATEST
from carpel.query.render import render
from support.oracle_calendar import DAY
from support.oracle_strategies import conditions
from support.population import Population, caller, running, send
from support.population_strategies import LISTS, contacts, events
from support.recomputed import recomputed

NAMES = tuple(f"c{number}" for number in range(7))
SECOND = 1_000_000
NOT_FOUND, SERVERS_FAULT = 404, 500
WHILES = (1, SECOND, 3600 * SECOND, DAY, 31 * DAY, 366 * DAY)
LAST = LATEST - 400 * DAY
ACTIONS = [
    *3 * ["contact"],
    *5 * ["events"],
    *5 * ["time"],
    *2 * ["several"],
    *2 * ["edit"],
    "leave",
    "delete",
    "meet",
    "define",
    "drop",
    "restart",
    "crash",
]
AT_ONCE = ["contact", "events", "time", "delete", "meet", "leave"]


class Present:
    """What time it is on the timeline that goes on; strategies are made once for it."""

    clock = SteppedClock(0)

    def __call__(self) -> int:
        return self.clock.now()


PRESENT = Present()


class Timeline:
    """One running product on its way through time."""

    def __init__(self, folder: Path, data: st.DataObject, tally: Counter[str]) -> None:
        self._folder = folder
        self._data = data
        self._tally = tally
        self._clock = SteppedClock(0)
        self._open = ExitStack()
        self._segments = 0
        self._checks = 0
        self._plans: dict[tuple[tuple[int, int], ...], list[Plan]] = {}

    def begin(self, population: Population) -> None:
        self._clock = PRESENT.clock = SteppedClock(population.now)
        self._start()
        send(population, self._client, self._step_to)
        for _ in range(self._data.draw(st.integers(1, 4))):
            self.define()

    def close(self) -> None:
        self._open.close()

    def go_on(self) -> None:
        """One more thing happens, then everything must agree."""
        self._do(self._data.draw(st.sampled_from(ACTIONS)))
        self.check()

    def check(self) -> None:
        """What is kept, against the recompute, segment by segment."""
        service = self._service
        segments = service.segments.list_of(self._workspace)
        service.segments.settle(segments)
        if segments:
            self._audit(segments[self._checks % len(segments)])
        self._checks += 1
        everyone = set(service.contacts.numbers(self._workspace, after=0, most=1_000))
        plans = self._plans_of(segments)
        for segment, plan, found in zip(
            segments, plans, recomputed(service, self._workspace, plans), strict=True
        ):
            published = service.engine.members(segment.no)
            assert published is not None
            kept = set(published.members)
            assert kept == found, (segment.sql, sorted(kept), sorted(found))
            count = service.engine.count(segment.no)
            assert count is not None
            assert (count.value, count.at, count.exact) == (len(kept), self._now, True)
            in_memory = service.engine.is_in_memory(segment.no)
            assert in_memory == knows(plan)
            self._tally["audits"] += 1
            self._tally["audits in memory"] += in_memory
            self._tally["audits with somebody"] += bool(kept)
            self._tally["audits with some of all"] += bool(kept) and kept != everyone
            self._compare(segment, plan, kept)

    def _audit(self, segment: Segment) -> None:
        """In the product's own way, one of them each time."""
        kept, found = self._service.engine.audit(segment.no)
        assert kept == found, (segment.sql, sorted(kept), sorted(found))
        published = self._service.engine.members(segment.no)
        assert published is not None
        assert FrozenBitMap(published.members) == kept, segment.sql

    def _compare(self, segment: Segment, plan: Plan, kept: set[int]) -> None:
        """Look at what is kept in yet another way."""

    # ------------------------------------------------------------------ what happens

    def several(self) -> None:
        """Things that happen before anybody asks for a count."""
        for _ in range(self._data.draw(st.integers(2, 3))):
            self._do(self._data.draw(st.sampled_from(AT_ONCE)))

    def contact(self) -> None:
        """New values for some contacts, or new contacts."""
        self._post("/contacts", [self._person() for _ in range(self._data.draw(FEW))])

    def leave(self) -> None:
        """All the lists that a contact is in from now on."""
        lists = self._data.draw(st.lists(st.sampled_from(LISTS), max_size=2, unique=True))
        self._try("patch", f"/contacts/{self._name()}?wait=applied", {"lists": lists})

    def events(self) -> None:
        found = self._data.draw(st.lists(events(NAMES, PRESENT), min_size=1, max_size=4))
        self._post("/events", found)

    def time(self) -> None:
        """To where something is due, to just before it, or by a while."""
        due = self._service.engine.next_due or LATEST
        target = self._data.draw(
            st.sampled_from([due, due - 1, *(self._now + by for by in WHILES)])
        )
        if self._now < target < LAST:
            self._clock.advance(target - self._now)

    def delete(self) -> None:
        try:
            self._client.delete(f"/contacts/{self._name()}", wait="applied")
        except ApiError as error:
            if error.status != NOT_FOUND:
                raise

    def meet(self) -> None:
        """Somebody known by an e-mail address alone turns out to be somebody known by name."""
        email = f"{self._name()}@example.com"
        when = self._data.draw(events(NAMES, PRESENT))
        del when["external_id"]
        self._post("/events", [{**when, "email": email}])
        self._post("/contacts", {"external_id": self._name(), "email": email})

    def define(self) -> None:
        self._segments += 1
        self._try("post", "/segments", {"name": f"S{self._segments}", "sql": self._sql()})

    def edit(self) -> None:
        number = self._data.draw(st.integers(1, self._segments))
        self._try("patch", f"/segments/S{number}", {"sql": self._sql()})

    def drop(self) -> None:
        number = self._data.draw(st.integers(1, self._segments))
        self._try("delete", f"/segments/S{number}")

    def restart(self) -> None:
        self._open.close()
        self._start()
        self._service.engine.refresh()
        self._tally["restarts from a snapshot"] += self._service.engine.restored is not None

    def crash(self) -> None:
        """A process that ends without a word, and its directory as it lay there."""
        left = self._folder.with_name(f"{self._folder.name}-{self._checks}")
        copytree(self._folder, left)
        self._open.close()
        rmtree(self._folder)
        left.rename(self._folder)
        self._start()

    # ------------------------------------------------------------------------ within

    def _do(self, action: str) -> None:
        note(action)
        self._tally[action] += 1
        getattr(self, action)()

    def _start(self) -> None:
        self._service, transport = self._open.enter_context(running(self._folder, self._clock))
        self._client = caller(transport, "default")
        self._workspace = self._service.workspaces.read("default")

    def _step_to(self, at: int) -> None:
        assert at <= self._now

    @property
    def _now(self) -> int:
        return self._clock.now()

    def _name(self) -> str:
        return self._data.draw(st.sampled_from(NAMES))

    def _person(self) -> dict[str, Any]:
        person = self._data.draw(contacts(PRESENT))
        fields = dict(person["fields"])
        for name in self._data.draw(st.lists(st.sampled_from(["plan", "score", "signup", "tags"]))):
            fields[name] = None
        return {**person, "fields": fields, "external_id": self._name()}

    def _sql(self) -> str:
        """New rules, or those of another segment."""
        others = self._service.segments.list_of(self._workspace)
        if others and self._data.draw(st.integers(0, 4)) == 0:
            self._tally["same rules"] += 1
            return self._data.draw(st.sampled_from(others)).sql
        return render(self._data.draw(conditions(PRESENT, LISTS)))

    def _plans_of(self, segments: Sequence[Segment]) -> list[Plan]:
        """The plans of all; any may change when one is edited, for one may be inside another."""
        rules = tuple((one.no, one.version) for one in segments)
        if rules not in self._plans:
            self._plans = {rules: [self._service.segments.plan(one) for one in segments]}
        return self._plans[rules]

    def _post(self, path: str, body: Any) -> None:
        self._client.post(path, body, wait="applied")

    def _try(self, method: str, path: str, *body: Any) -> None:
        note(str(body))
        try:
            getattr(self._client, method)(path, *body)
        except ApiError as error:
            if error.status >= SERVERS_FAULT:
                raise
            self._tally["refused"] += 1


FEW = st.integers(1, 3)
