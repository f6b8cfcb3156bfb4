"""The language reference: as the code would write it, complete, and every example run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from carpel.query.catalogue import AGGREGATES, FUNCTIONS, NOW_FUNCTIONS, OTHER_FUNCTIONS
from carpel.query.compile import compile_text
from carpel.query.example_names import ExampleNames
from carpel.query.problem_codes import PROBLEM_CODES
from carpel.query.reference import example_texts, problems_of, reference
from carpel.query.reference_entries import (
    AGGREGATES as AGGREGATE_ENTRIES,
    FUNCTIONS as FUNCTION_ENTRIES,
)
from support.oracle import members
from support.population import FreeClock, Population, caller, running
from support.population_town import Town, found_town

ROOT = Path(__file__).parents[2]
RAISED = re.compile(r'(?:complaints\.add|self\.add|refused|Problem)\(\s*"([a-z_]+)"')


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory, population: Population) -> Iterator[Town]:
    """The population, and the segment that examples name."""
    clock = FreeClock()
    with running(tmp_path_factory.mktemp("there"), clock) as (service, transport):
        workspace = service.workspaces.read("default")
        client = caller(transport, "default")
        town = found_town(service, clock, workspace, client, population)
        made = client.post("/segments", {"name": "pro", "code": "PRO", "sql": "plan = 'pro'"})
        rules = compile_text("plan = 'pro'", town.names).condition
        town.world.segments[made["id"]] = rules
        yield town


def test_the_page_is_as_the_code_writes_it() -> None:
    page = (ROOT / "docs" / "language.md").read_text()
    assert page == reference(ExampleNames()), "run scripts/language_reference.py"


def test_every_function_is_in_it() -> None:
    assert set(FUNCTION_ENTRIES) == {*FUNCTIONS, *NOW_FUNCTIONS, *OTHER_FUNCTIONS}
    assert set(AGGREGATE_ENTRIES) == set(AGGREGATES)


def test_every_code_of_a_problem_is_in_it() -> None:
    rooms = [
        *(ROOT / "src/carpel/query").rglob("*.py"),
        ROOT / "src/carpel/domain/segments/nesting.py",
    ]
    raised = {code for path in rooms for code in RAISED.findall(path.read_text())}
    assert raised <= set(PROBLEM_CODES)


@pytest.mark.parametrize("example", example_texts())
def test_an_example_means_what_the_oracle_says(
    example: str, there: Town, population: Population
) -> None:
    compiled = compile_text(example, there.names)
    _, found = there.evaluate(compiled, population.now)
    if "RANDOM_BUCKET" not in example:
        assert found == members(compiled.condition, there.world, population.now)
    assert found, "an example that keeps no one shows little"


@pytest.mark.parametrize(
    ("code", "example"),
    [(code, example) for code, (_, example) in PROBLEM_CODES.items() if example is not None],
)
def test_an_example_has_its_problem(code: str, example: str, there: Town) -> None:
    for names in (ExampleNames(), there.names):
        assert code in [problem.code for problem in problems_of(example, names)]
