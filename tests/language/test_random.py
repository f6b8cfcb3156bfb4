"""Random queries over random populations: the product must agree with the oracle, and in time too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from hypothesis import given, note, strategies as st

from carpel.kit.instants import LATEST
from carpel.query import meaning as m
from carpel.query.compile import Compiled, compile_document, compile_text
from carpel.query.problems import Refused
from carpel.query.render import render
from support.oracle import members
from support.oracle_calendar import DAY, OffTheCalendar
from support.oracle_drawing import examples
from support.oracle_strategies import conditions
from support.population import FreeClock, Population, caller, running
from support.population_strategies import LISTS, at, populations
from support.population_town import Town, found_town

# What a well-typed query may still be refused for.
HONEST = {"cannot_keep_exact", "type_mismatch"}
MOST_TOWNS = 200  # in one product: each takes a megabyte of its memory
FARTHEST = 2_000 * 366 * DAY


class Towns:
    """One running product; each example gets a new workspace, until there are enough of them."""

    def __init__(self, folder: Path) -> None:
        self.tally: Counter[str] = Counter()
        self._folder = folder
        self._clock = FreeClock()
        self._open = ExitStack()

    def found(self, population: Population) -> Town:
        if self.tally["towns"] % MOST_TOWNS == 0:
            self._move()
        self.tally["towns"] += 1
        name = f"w{self.tally['towns']}"
        workspace = self._service.workspaces.create(name)
        client = caller(self._transport, name)
        return found_town(self._service, self._clock, workspace, client, population)

    def close(self) -> None:
        self._open.close()

    def _move(self) -> None:
        self._open.close()
        folder = self._folder / str(self.tally["towns"])
        self._service, self._transport = self._open.enter_context(running(folder, self._clock))

    def compile(self, condition: m.Condition, town: Town) -> Compiled | None:
        """The query through its text; None when it is refused for a good reason."""
        text = render(_with_lists(condition, town.list_ids))
        note(text)
        self.tally["queries"] += 1
        try:
            compiled = compile_text(text, town.names)
        except Refused as refused:
            if {problem.code for problem in refused.problems} <= HONEST:
                return None
            raise
        self.tally["compiled"] += 1
        assert compiled.canonical == text
        return compiled


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Towns]:
    with closing(Towns(tmp_path_factory.mktemp("towns"))) as towns:
        yield towns


@st.composite
def towns_and_queries(draw: st.DrawFn) -> tuple[Population, list[m.Condition]]:
    population = draw(populations())
    queries = conditions(at(population.now), LISTS)
    return population, draw(st.lists(queries, min_size=1, max_size=8))


def test_the_product_agrees_with_the_oracle(towns: Towns) -> None:
    @examples(130)
    @given(towns_and_queries())
    def agrees(example: tuple[Population, list[m.Condition]]) -> None:
        population, queries = example
        town = towns.found(population)
        for condition in queries:
            compiled = towns.compile(condition, town)
            if compiled is not None:
                _, people = town.evaluate(compiled, population.now)
                assert people == members(compiled.condition, town.world, population.now)

    agrees()
    _nearly_all_compiled(towns)


def test_forms_of_a_query_say_the_same(towns: Towns) -> None:
    @examples(90)
    @given(towns_and_queries())
    def stable(example: tuple[Population, list[m.Condition]]) -> None:
        population, queries = example
        town = towns.found(population)
        for condition in queries:
            compiled = towns.compile(condition, town)
            if compiled is None:
                continue
            assert compiled.condition == _with_lists(condition, town.list_ids)
            again = compile_document(compiled.document, town.names)
            assert again.condition == compiled.condition
            assert again.document == compiled.document
            assert (again.plan, again.canonical) == (compiled.plan, compiled.canonical)
            assert compiled.sentence

    stable()
    _nearly_all_compiled(towns)


def test_membership_stays_until_it_says(towns: Towns) -> None:
    @examples(90)
    @given(towns_and_queries(), st.integers(0, 10**9))
    def stays(example: tuple[Population, list[m.Condition]], salt: int) -> None:
        population, queries = example
        town = towns.found(population)
        for condition in queries:
            compiled = towns.compile(condition, town)
            if compiled is not None:
                _follow(compiled, town, population.now, salt)
                towns.tally["followed"] += 1

    stays()
    assert towns.tally["followed"] > 100  # how many are drawn differs a little from run to run


def _follow(compiled: Compiled, town: Town, start: int, salt: int) -> None:
    """From turn to turn: nothing changes before, and at the turn the product is right again."""
    now = start
    for _ in range(4):
        found, people = town.evaluate(compiled, now)
        assert people == _expected(compiled, town, now, people)
        assert now < found.until <= LATEST
        for instant in _probes(now, found.until, salt):
            assert people == _expected(compiled, town, instant, people), f"before {found.until}"
        if found.until - start > FARTHEST:
            return
        now = found.until


def _expected(compiled: Compiled, town: Town, now: int, people: set[str]) -> set[str]:
    """The oracle's answer; what it was where the calendar ends."""
    try:
        return members(compiled.condition, town.world, now)
    except OffTheCalendar:
        return people


def _probes(now: int, until: int, salt: int) -> list[int]:
    """Instants from now until just before the turn."""
    last = min(until - 1, now + FARTHEST)
    return [now + (last - now) * step // 7 for step in range(1, 7)] + [
        last,
        now + salt % (last - now + 1),
    ]


def _nearly_all_compiled(towns: Towns) -> None:
    assert towns.tally["compiled"] > 0.7 * towns.tally["queries"] > 0


def _with_lists(condition: m.Condition, list_ids: dict[str, str]) -> m.Condition:
    """The meaning with the lists' ids where it was made with their names."""
    match condition:
        case m.InLists(lists=lists):
            return m.InLists(tuple(list_ids[name] for name in lists))
        case m.Not(part=part):
            return m.Not(_with_lists(part, list_ids))
        case m.Both(parts=parts):
            return m.Both(tuple(_with_lists(part, list_ids) for part in parts))
        case m.Either(parts=parts):
            return m.Either(tuple(_with_lists(part, list_ids) for part in parts))
        case _:
            return condition
