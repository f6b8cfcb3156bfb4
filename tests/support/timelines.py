"""Random timelines of the whole product: contacts, events, deletions, edits, clock steps, restarts."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from hypothesis import note, strategies as st
from pyroaring import FrozenBitMap

from carpel.client import ApiError
from carpel.domain.segments import Segment
from carpel.engine.memory.known import knows
from carpel.kit.clock import SteppedClock
from carpel.kit.instants import LATEST
from carpel.query.render import render
from support.oracle_calendar import DAY
from support.oracle_strategies import conditions
from support.population import Population, caller, running, send
from support.population_strategies import LISTS, contacts, events

NAMES = [f"c{number}" for number in range(7)]
SECOND = 1_000_000
NOT_FOUND, SERVERS_FAULT = 404, 500
WHILES = (1, SECOND, 3600 * SECOND, DAY, 31 * DAY, 366 * DAY)
ACTIONS = [
    "contact",
    "events",
    "events",
    "time",
    "time",
    "delete",
    "meet",
    "define",
    "edit",
    "restart",
]


class Timeline:
    """One running product on its way through time."""

    def __init__(self, folder: Path, data: st.DataObject, tally: Counter[str]) -> None:
        self._folder = folder
        self._data = data
        self._tally = tally
        self._clock = SteppedClock(0)
        self._open = ExitStack()
        self._segments = 0

    def begin(self, population: Population) -> None:
        self._clock = SteppedClock(population.now)
        self._start()
        send(population, self._client, self._step_to)
        for _ in range(self._data.draw(st.integers(1, 4))):
            self.define()

    def close(self) -> None:
        self._open.close()

    def go_on(self) -> None:
        """One more thing happens, then everything must agree."""
        action = self._data.draw(st.sampled_from(ACTIONS))
        note(action)
        self._tally[action] += 1
        getattr(self, action)()
        self.check()

    def check(self) -> None:
        """What is kept, against the recompute, segment by segment."""
        service = self._service
        for segment in service.segments.list_of(self._workspace):
            kept, found = service.engine.audit(segment.no)
            assert kept == found, (segment.sql, sorted(kept), sorted(found))
            self._tally["audits"] += 1
            self._tally["audits with somebody"] += bool(kept)
            in_memory = service.engine.is_in_memory(segment.no)
            assert in_memory == knows(service.segments.plan(segment))
            self._tally["audits in memory"] += in_memory
            self._compare(segment, kept)

    def _compare(self, segment: Segment, kept: FrozenBitMap) -> None:
        """Look at what is kept in yet another way."""

    # ------------------------------------------------------------------ what happens

    def contact(self) -> None:
        person = self._data.draw(contacts(self._now))
        fields = dict(person["fields"])
        for name in self._data.draw(st.lists(st.sampled_from(["plan", "score", "signup", "tags"]))):
            fields[name] = None
        self._post("/contacts", {**person, "fields": fields, "external_id": self._name()})

    def events(self) -> None:
        found = self._data.draw(st.lists(events(NAMES, self._now), min_size=1, max_size=4))
        self._post("/events", found)

    def time(self) -> None:
        """To where something is due, to just before it, or by a while."""
        due = self._service.engine.next_due or LATEST
        target = self._data.draw(
            st.sampled_from([due, due - 1, *(self._now + by for by in WHILES)])
        )
        if self._now < target < LATEST - 400 * DAY:
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
        when = self._data.draw(events(["x"], self._now))
        del when["external_id"]
        self._post("/events", [{**when, "email": email}])
        self._post("/contacts", {"external_id": self._name(), "email": email})

    def define(self) -> None:
        self._segments += 1
        self._try("post", "/segments", {"name": f"S{self._segments}", "sql": self._sql()})

    def edit(self) -> None:
        number = self._data.draw(st.integers(1, self._segments))
        self._try("patch", f"/segments/S{number}", {"sql": self._sql()})

    def restart(self) -> None:
        self._open.close()
        self._start()
        self._service.engine.refresh()
        self._tally["restarts from a snapshot"] += self._service.engine.restored is not None

    # ------------------------------------------------------------------------ within

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

    def _sql(self) -> str:
        return render(self._data.draw(conditions(self._now, LISTS)))

    def _post(self, path: str, body: Any) -> None:
        self._client.post(path, body, wait="applied")

    def _try(self, method: str, path: str, body: Any) -> None:
        note(body["sql"])
        try:
            getattr(self._client, method)(path, body)
        except ApiError as error:
            if error.status >= SERVERS_FAULT:
                raise
            self._tally["refused"] += 1
