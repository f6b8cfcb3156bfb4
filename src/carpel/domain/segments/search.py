"""Contacts found by rules that are no segment, and how many of them have which identifier."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from carpel.domain.contacts import IDENTIFIERS
from carpel.domain.workspaces import Workspace
from carpel.engine import plan as p
from carpel.engine.live import Engine

from .model import Definition, Segment
from .service import Segments


@dataclass(frozen=True)
class Found:
    """How many fit, and the lowest numbers among them."""

    total: int
    numbers: list[int]


def search(
    segments: Segments, engine: Engine, workspace: Workspace, wanted: Definition, most: int
) -> Found:
    """Who fits the rules now.

    Raises:
        BadQuery, Invalid, NoSuch: as on creation of a segment.
    """
    compiled, _ = segments.compile(workspace, wanted)
    plan = segments.restricted(compiled, segments.list_number(workspace, wanted.list))
    members = engine.fitting(workspace.no, plan).members
    lowest = np.sort(members)[:most]
    return Found(len(members), [int(number) for number in lowest])


def newest(engine: Engine, workspace: Workspace, most: int) -> list[int]:
    """The numbers of the contacts that changed last, the newest first."""
    return engine.newest(workspace.no, most)


def tally_all(engine: Engine, workspace: Workspace) -> dict[str, int]:
    """How many contacts have each kind of identifier."""
    return _tally(engine, workspace, p.Everyone())


def tally_list(engine: Engine, workspace: Workspace, list_no: int) -> dict[str, int]:
    """The same of a list."""
    return _tally(engine, workspace, p.ListTest(list_no))


def tally_segment(
    segments: Segments, engine: Engine, workspace: Workspace, segment: Segment
) -> dict[str, int]:
    """The same of a segment, by its rules as they are now."""
    if segment.problem is not None:
        return dict.fromkeys(IDENTIFIERS, 0)
    return _tally(engine, workspace, segments.plan(segment))


def _tally(engine: Engine, workspace: Workspace, plan: p.Plan) -> dict[str, int]:
    counts = engine.count_filled(workspace.no, plan, tuple(IDENTIFIERS))
    return dict(zip(IDENTIFIERS, counts, strict=True))
