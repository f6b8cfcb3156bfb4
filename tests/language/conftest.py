"""The population of population.json, in the product and in the oracle's world."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.population import FreeClock, Population, caller, read_population, running
from support.population_town import Town, found_town

POPULATION = read_population(Path(__file__).parent / "population.json")


@pytest.fixture(scope="session")
def population() -> Population:
    return POPULATION


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    clock = FreeClock()
    with running(tmp_path_factory.mktemp("town"), clock) as (service, transport):
        workspace = service.workspaces.read("default")
        yield found_town(service, clock, workspace, caller(transport, "default"), POPULATION)
