"""Carpel: the first build of all segments in memory, from the column store."""

from __future__ import annotations

from pathlib import Path

import engine_data as data
import pyarrow.compute  # noqa: F401  (the others' libraries are loaded before the time counts, too)

from carpel.engine import plan as p
from carpel.engine.memory.world import World
from carpel.kit.garbage import look_seldom

from .outcome import Outcome


def run(folder: Path, plans: list[p.Plan]) -> Outcome:
    """`World.define`, as at the start of a server."""
    look_seldom()  # as the server does
    columns = data.opened(data.warmed(folder))
    outcome = Outcome()
    world = World()
    with columns.snapshot() as snapshot, outcome.timing("build"):
        world.define(dict(enumerate(plans)), snapshot, 1, data.NOW)
    outcome.counts = [len(world.members(number)) for number in range(len(plans))]
    outcome.note = f"arrays {world.nbytes >> 20:,} MB"
    columns.close()
    return outcome
