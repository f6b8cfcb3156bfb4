"""What a query would give, with nothing kept."""

from __future__ import annotations

import numpy as np

from carpel.domain.workspaces import Workspace
from carpel.engine.live import Engine
from carpel.engine.recompute import Numbers
from carpel.engine.tracked import Count
from carpel.query import meaning as m
from carpel.query.catalogue import Catalogue
from carpel.query.lower import lower
from carpel.query.problems import Complaints
from carpel.query.render import render
from carpel.query.sentence import sentence

from .model import Clause, Definition, Preview
from .service import Segments

MOST_SAMPLED = 50


def preview(
    segments: Segments, engine: Engine, workspace: Workspace, wanted: Definition, seed: int = 0
) -> Preview:
    """The count now, up to 50 members, and how many each clause alone keeps.

    The count is exact unless the columns are seconds behind what came in, and says which.

    Raises:
        BadQuery, Invalid, NoSuch: as on creation.
    """
    compiled, sql = segments.compile(workspace, wanted)
    names = segments.names(workspace.no)
    parts = compiled.condition.parts if isinstance(compiled.condition, m.Both) else ()
    whole = segments.restricted(compiled, segments.list_number(workspace, wanted.list))
    plans = [lower(part, names, Complaints()) for part in parts]
    found = engine.fitting(workspace.no, whole, plans)
    return Preview(
        sql=sql,
        document=compiled.document,
        sentence=compiled.sentence,
        count=Count(len(found.members), found.at, found.exact, definition_version=0),
        sample=_sample(found.members, seed),
        clauses=[
            _clause(part, names, count) for part, count in zip(parts, found.counts, strict=True)
        ],
    )


def _clause(part: m.Condition, names: Catalogue, count: int) -> Clause:
    return Clause(render(part), sentence(part, names), count)


def _sample(members: Numbers, seed: int) -> list[int]:
    """Up to 50 of them, the same ones for the same members and seed."""
    ordered = np.sort(members)
    if len(ordered) > MOST_SAMPLED:
        chosen = np.random.default_rng(seed).choice(len(ordered), MOST_SAMPLED, replace=False)
        ordered = ordered[np.sort(chosen)]
    return [int(number) for number in ordered]
