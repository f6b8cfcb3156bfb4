"""The cases of cases/*.txt: expected by hand, by the oracle, and by the product through its API."""

from __future__ import annotations

from pathlib import Path

import pytest

from carpel.query.compile import compile_document, compile_text
from carpel.query.problems import Refused
from support.oracle import members
from support.oracle_cases import Case, described, filled, read_cases
from support.population import Population
from support.population_town import Town

CASES = read_cases(Path(__file__).parent / "cases")

positive = pytest.mark.parametrize(
    "case", [pytest.param(case, id=case.where) for case in CASES if not case.problems]
)
negative = pytest.mark.parametrize(
    "case", [pytest.param(case, id=case.where) for case in CASES if case.problems]
)


@pytest.fixture
def everyone(population: Population) -> set[str]:
    return set(population.names)


def test_there_are_enough_cases() -> None:
    assert sum(not case.problems for case in CASES) >= 120
    assert sum(bool(case.problems) for case in CASES) >= 60


@positive
def test_the_oracle_agrees(case: Case, town: Town, population: Population) -> None:
    condition = town.compiled(case).condition
    expected = case.expected(set(population.names))
    assert members(condition, town.world, population.now) == expected


@positive
def test_the_product_agrees(case: Case, town: Town, everyone: set[str]) -> None:
    query = (
        {"document": case.document(town.list_ids)}
        if case.is_document
        else {"sql": filled(case.query, town.list_ids)}
    )
    assert town.preview(**query) == case.expected(everyone)


@positive
def test_the_canonical_text(case: Case, town: Town) -> None:
    compiled = town.compiled(case)
    if case.is_document:
        assert case.canonical != case.query, "a document's case needs its canonical text"
    assert compiled.canonical == filled(case.canonical, town.list_ids)
    again = compile_text(compiled.canonical, town.names)
    assert again.canonical == compiled.canonical
    assert again.condition == compiled.condition


@positive
def test_the_document_says_the_same(case: Case, town: Town, everyone: set[str]) -> None:
    compiled = town.compiled(case)
    again = compile_document(compiled.document, town.names)
    assert (again.canonical, again.document) == (compiled.canonical, compiled.document)
    assert again.condition == compiled.condition
    assert town.preview(document=compiled.document) == case.expected(everyone)


@negative
def test_what_is_refused(case: Case, town: Town) -> None:
    with pytest.raises(Refused) as refused:
        town.compiled(case)
    assert [described(problem) for problem in refused.value.problems] == case.problems
