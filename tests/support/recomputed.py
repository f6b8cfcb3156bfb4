"""Memberships from scratch: the product's own SQL for each plan, all of a moment in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from carpel.app.service import Service
from carpel.domain.workspaces import Workspace
from carpel.engine.plan import Plan
from carpel.engine.recompute import printer_for
from carpel.storage.sql import Sql


def recomputed(service: Service, workspace: Workspace, plans: Sequence[Plan]) -> list[set[int]]:
    """The numbers of the contacts that fit each plan now, with all data that was sent."""
    now = service.clock.now()
    found: list[set[int]] = [set() for _ in plans]
    with service._columns.snapshot() as snapshot:  # noqa: SLF001  (as the engine does itself)
        assert snapshot.applied == service.ingest.last_seq
        names = snapshot.names(workspace.no)
        if names is None or not plans:
            return found
        printer = printer_for(plans, names, snapshot, now)
        parts, values = [], list[Any]()
        for place, plan in enumerate(plans):
            one = printer.members(plan)
            parts.append(f"SELECT {place} AS place, no FROM ({one.text})")
            values.extend(one.values)
        for place, number in snapshot.rows(Sql(" UNION ALL ".join(parts), tuple(values))):
            found[place].add(number)
    return found
