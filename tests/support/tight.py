"""Bounds of the engine that only large data reaches, brought down to where a few contacts reach them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any
from unittest.mock import patch

from hypothesis import strategies as st

from carpel.engine import restoring
from carpel.engine.memory import (
    absorbing,
    answers,
    bitmaps,
    bits,
    cuts,
    dictionaries,
    due,
    everyone,
    expressions,
    filters,
    groups,
    growing,
    happenings,
    loading,
    members,
    recording,
    tallies,
    texts,
    within,
    world,
)
from carpel.kit.clock import DAY, SECOND
from carpel.storage import mapped

TIERS = {"_SMALL": 2, "_MIDDLE": 5, "_MOST_GONE": 1, "_SHARE": 3}
BOUNDS: list[Mapping[ModuleType, Mapping[str, Any]]] = [
    {happenings: TIERS},
    {world: {"_CHUNK": 2}, members: {"_MOST_MOVES": 2}, restoring: {"_ONE_BY_ONE": 2, "_STEPS": 3}},
    {cuts: {"_MOST_TIES": 2}, dictionaries: {"_MOST_TABLES": 1}},
    {one: {"_MOST_REMEMBERED": 3} for one in (groups, filters, expressions)},
    {answers: {"_TOGETHER": 2}, bits: {"_TURNED": 64, "_BYTES": 64}, everyone: {"_BLOCK": 8}},
    {loading: {"ROWS": 3}, recording: {"ROWS": 3}, texts: {"_MOST": 4}},
    {due: {"_HORIZON": 40 * DAY, "_FAR_HORIZON": SECOND}},
    {absorbing: {"_FEW": 0}},
    {tallies: {"_FEW": 1}, bitmaps: {"_SCANT": 1}, within: {"_PIECE": 3, "_PARTS": 2}},
    {tallies: {"_MOST": 2}},
    {mapped: {"_LARGE": 1}, growing: {"_COPIED": 1_000}},
]


@contextmanager
def tightened(data: st.DataObject) -> Iterator[list[int]]:
    """Some of the bounds are low meanwhile; gives which."""
    chosen = data.draw(st.lists(st.sampled_from(range(len(BOUNDS))), unique=True))
    patches = [
        patch.multiple(module, **names)
        for place in chosen
        for module, names in BOUNDS[place].items()
    ]
    for one in patches:
        one.start()
    try:
        yield chosen
    finally:
        for one in patches:
            one.stop()
