"""Every case as a segment of its own: as kept, as recomputed, and as the oracle finds, as time goes by."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from carpel.domain.segments import Segment
from carpel.query.compile import compile_document
from support.oracle import members
from support.oracle_calendar import DAY
from support.oracle_cases import Case, filled, read_cases
from support.population import FreeClock, Population, caller, running
from support.population_town import Town, found_town

CASES = [case for case in read_cases(Path(__file__).parent / "cases") if not case.problems]


@pytest.fixture(scope="module")
def kept(
    tmp_path_factory: pytest.TempPathFactory, population: Population
) -> Iterator[tuple[Town, list[tuple[Case, Segment]]]]:
    clock = FreeClock()
    with running(tmp_path_factory.mktemp("kept"), clock) as (service, transport):
        workspace = service.workspaces.read("default")
        town = found_town(service, clock, workspace, caller(transport, "default"), population)
        yield town, [(case, created(case, number, town)) for number, case in enumerate(CASES)]


def created(case: Case, number: int, town: Town) -> Segment:
    rules: dict[str, Any] = {"sql": filled(case.query, town.list_ids)}
    if case.is_document:
        rules = {"document": case.document(town.list_ids)}
    made = town.client.post("/segments", {"name": f"case {number}", **rules})
    return town.service.segments.read(town.workspace, made["id"])


def test_there_are_two_hundred() -> None:
    assert len(CASES) >= 200


def test_who_is_kept_in_each(
    kept: tuple[Town, list[tuple[Case, Segment]]], population: Population
) -> None:
    town, segments = kept
    for case, segment in segments:
        assert inside(town, segment) == case.expected(set(population.names)), case.where


def test_the_recompute_finds_the_same_a_few_contacts_at_a_time(
    kept: tuple[Town, list[tuple[Case, Segment]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("carpel.engine.recompute._PIECE", 3)
    town, segments = kept
    rests: list[float] = []
    for case, segment in segments:
        found, recomputed = town.service.engine.audit(segment.no, rests.append)
        assert found == recomputed, case.where
    assert len(rests) > 3 * len(segments)


def test_why_someone_is_in(kept: tuple[Town, list[tuple[Case, Segment]]]) -> None:
    town, segments = kept
    for case, segment in segments:
        if case.where.split(":")[0] in ("sequences", "regexps", "firsts"):
            told = town.client.get(f"/segments/{segment.id}/members/dee")
            assert told["member"] == ("dee" in inside(town, segment)), case.where
            assert told["why"]["true"] == told["member"]


@pytest.mark.parametrize("days", [29, 366])
def test_who_is_kept_as_time_goes_by(
    kept: tuple[Town, list[tuple[Case, Segment]]], population: Population, days: int
) -> None:
    town, segments = kept
    town.clock.at = population.now + days * DAY + 1
    for case, segment in segments:
        condition = compile_document(segment.document, town.names).condition
        expected = members(condition, town.world, town.clock.at)
        assert inside(town, segment) == expected, case.where


def inside(town: Town, segment: Segment) -> set[str]:
    """Who is in as the engine keeps it; a recompute from scratch finds the same."""
    town.service.segments.settle([segment])
    found, recomputed = town.service.engine.audit(segment.no)
    assert found == recomputed
    people = town.service.contacts.read_many(town.workspace, list(found))
    return {person.identifiers["external_id"] for person in people}
