"""A population in a running product and in the oracle's world, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from carpel.app.service import Service
from carpel.client import Client
from carpel.domain.workspaces import Workspace
from carpel.engine.recompute import Membership
from carpel.query.catalogue import Catalogue
from carpel.query.compile import Compiled, compile_document, compile_text
from support.oracle import World
from support.oracle_cases import Case, filled
from support.population import FreeClock, Population, send


@dataclass(frozen=True)
class Town:
    """One population, its contacts known by their external_id."""

    service: Service
    clock: FreeClock
    workspace: Workspace
    client: Client
    names: Catalogue
    world: World
    list_ids: dict[str, str]

    def preview(self, **query: Any) -> set[str]:
        """Who the product's API says is in; they are fewer than it samples."""
        found = self.client.post("/segments/preview", query)
        people = {person["external_id"] for person in found["sample"]}
        assert (found["count"]["value"], found["count"]["exact"]) == (len(people), True)
        return people

    def compiled(self, case: Case) -> Compiled:
        """A case's query, its lists named by their ids."""
        if case.is_document:
            return compile_document(case.document(self.list_ids), self.names)
        return compile_text(filled(case.query, self.list_ids), self.names)

    def evaluate(self, compiled: Compiled, now: int) -> tuple[Membership, set[str]]:
        """Who the engine says is in at an instant, and until when."""
        self.clock.at = now
        (found,) = self.service.engine.evaluate(self.workspace.no, [compiled.plan])
        people = self.service.contacts.read_many(self.workspace, [int(no) for no in found.members])
        return found, {person.identifiers["external_id"] for person in people}


def found_town(
    service: Service,
    clock: FreeClock,
    workspace: Workspace,
    client: Client,
    population: Population,
) -> Town:
    """Send a population into a workspace."""

    def step_to(at: int) -> None:
        clock.at = at

    list_ids = send(population, client, step_to)
    names = service.segments.names(workspace.no)
    return Town(service, clock, workspace, client, names, population.world(list_ids), list_ids)
