"""SendGrid's own queries, and those of its clients: who each keeps, or how it is refused.

The queries are read from the collected contract where that is there; what is expected of each is
in vendor/answers.txt, by the number of its line.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from carpel.query.compile import Compiled, compile_document, compile_text
from carpel.query.dialects import Dialect
from carpel.query.problems import Refused
from support.oracle import members
from support.population import FreeClock, Population, caller, read_population, running
from support.population_town import Town, found_town
from support.running import SHARED

HERE = Path(__file__).parent / "vendor"
QUERIES = SHARED / "contracts" / "specs" / "sendgrid" / "queries.jsonl"

# What the templates leave open.
FILLED = {
    "<Fighters ID>": "'Fighters'",
    "${query_dsl}": "email LIKE '%gmail.com'",
    "${parent_list_id}": "'Fighters'",
    "{phoneNumber}": "+353123456789",
    "{email}": "jane@example.com",
    "'{list_id}'": "'list-1'",
    "{listId}": "Fighters",
    "{listID}": "Fighters",
    "{customField}": "my_text_custom_field",
    "{id}": "abc",
    "{org.Id}": "org-1",
}


@dataclass(frozen=True)
class Asked:
    """One line of the contract's queries and what is expected of it."""

    line: int
    query: str
    dialect: Dialect
    given: dict[str, Any]
    expected: str

    @property
    def refusal(self) -> str | None:
        return self.expected.removeprefix("refused: ") if self.is_refused else None

    @property
    def is_refused(self) -> bool:
        return self.expected.startswith("refused: ")


def answers() -> dict[int, str]:
    lines = (HERE / "answers.txt").read_text().splitlines()
    pairs = (line.split(" ", 1) for line in lines if line and not line.startswith("#"))
    return {int(number): rest for number, rest in pairs}


def asked() -> list[Asked]:
    if not QUERIES.exists():
        return []
    found = []
    expected = answers()
    for number, line in enumerate(QUERIES.read_text().splitlines(), start=1):
        given = json.loads(line)
        query = given["query"]
        for placeholder, value in FILLED.items() if given.get("template") else ():
            query = query.replace(placeholder, value)
        dialect: Dialect = "sql2" if str(given["version"]) == "2" else "sgql"
        found.append(Asked(number, query, dialect, given, expected.get(number, "?")))
    return found


ASKED = asked()
each = pytest.mark.parametrize("one", [pytest.param(one, id=str(one.line)) for one in ASKED])
pytestmark = pytest.mark.skipif(not ASKED, reason="the collected contracts are not here")


@pytest.fixture(scope="module")
def people() -> Population:
    return read_population(HERE / "population.json")


@pytest.fixture(scope="module")
def mail(tmp_path_factory: pytest.TempPathFactory, people: Population) -> Iterator[Town]:
    clock = FreeClock()
    with running(tmp_path_factory.mktemp("mail"), clock) as (service, transport):
        workspace = service.workspaces.read("default")
        yield found_town(service, clock, workspace, caller(transport, "default"), people)


def test_every_line_has_an_answer() -> None:
    assert len(ASKED) == 125
    assert set(answers()) == {one.line for one in ASKED}


def test_what_the_contract_says_of_a_query_is_expected() -> None:
    """All documented-valid ones are taken, all negative ones refused; the note names the others."""
    for one in ASKED:
        valid = one.given["evidence"] in ("documented-valid", "live-valid")
        negative = str(one.given.get("expect", "")).startswith("error")
        assert not (valid and one.is_refused), one
        assert not (negative and not one.is_refused), one


@each
def test_who_a_query_keeps(one: Asked, mail: Town, people: Population) -> None:
    if one.is_refused:
        with pytest.raises(Refused) as refused:
            compile_text(one.query, mail.names, one.dialect)
        assert one.refusal in [problem.message for problem in refused.value.problems]
        if "error" in one.given:
            assert one.refusal == one.given["error"]
        return
    compiled = compile_text(one.query, mail.names, one.dialect)
    expected = _named(one.expected, set(people.names))
    assert members(compiled.condition, mail.world, people.now) == expected
    _, found = mail.evaluate(compiled, people.now)
    assert found == expected
    _says_the_same(compiled, mail)


def _says_the_same(compiled: Compiled, mail: Town) -> None:
    again = compile_text(compiled.canonical, mail.names)
    assert (again.condition, again.plan) == (compiled.condition, compiled.plan)
    assert compile_document(compiled.document, mail.names).canonical == compiled.canonical


def _named(expected: str, everyone: set[str]) -> set[str]:
    words = expected.split()
    named = set(words) - {"everyone", "but", "no", "one"}
    assert named <= everyone, named - everyone
    return everyone - named if words[0] == "everyone" else named
