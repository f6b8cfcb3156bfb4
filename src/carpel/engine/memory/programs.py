"""Segments as programs over bits: those of one shape are worked out together.

A program reads rows of bits (one row a leaf, one bit a contact) and makes one row. All programs of
one shape, such as `a and (b or c)`, differ only in the rows they read, so a few array operations do
them all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from carpel.engine import plan as p

from .bits import Bytes

# "leaf", or ("and" | "or", shapes…)
Shape: TypeAlias = Any

EXISTS = 0  # the row that is one for every contact there is
NOTHING = 1  # the row that is always zero


@dataclass(frozen=True)
class Program:
    """A shape and the rows it reads, in the order of its leaves."""

    shape: Shape
    rows: tuple[int, ...]


def program(plan: p.Plan, row_of: Callable[[Any], int]) -> Program:
    """The plan as a program; `row_of` says which row a leaf has."""
    rows: list[int] = []

    def shape(tree: p.Plan) -> Shape:
        match tree:
            case p.All() | p.AnyOf():
                if not tree.parts:
                    rows.append(EXISTS if isinstance(tree, p.All) else NOTHING)
                    return "leaf"
                word = "and" if isinstance(tree, p.All) else "or"
                return (word, *(shape(part) for part in tree.parts))
            case p.Everyone():
                rows.append(EXISTS)
            case p.NoOne():
                rows.append(NOTHING)
            case _:
                rows.append(row_of(tree))
        return "leaf"

    return Program(shape(plan), tuple(rows))


class Programs:
    """All programs, by slot of their segment."""

    def __init__(self) -> None:
        self._programs: dict[int, Program] = {}
        self._groups: list[tuple[Shape, Any, Any]] | None = None

    def put(self, slot: int, made: Program) -> None:
        self._programs[slot] = made
        self._groups = None

    def remove(self, slot: int) -> None:
        self._programs.pop(slot, None)
        self._groups = None

    def run(self, leaves: Bytes, slots: int, only: Mapping[int, Program] | None = None) -> Bytes:
        """A row of bits for each slot below `slots`, from a row for each leaf.

        `only`: run these instead of all.
        """
        made = np.zeros((slots, leaves.shape[1]), np.uint8)
        groups = self._grouped() if only is None else _group(only)
        for shape, segments, rows in groups:
            made[segments] = _work_out(shape, iter(rows), leaves)
        made &= leaves[EXISTS]
        return made

    def _grouped(self) -> list[tuple[Shape, Any, Any]]:
        if self._groups is None:
            self._groups = _group(self._programs)
        return self._groups


def _group(programs: Mapping[int, Program]) -> list[tuple[Shape, Any, Any]]:
    """Shape, the segments' slots, and for each leaf of the shape the rows it stands for."""
    found: dict[Shape, list[int]] = defaultdict(list)
    for slot, made in programs.items():
        found[made.shape].append(slot)
    return [
        (shape, np.asarray(slots), np.asarray([programs[slot].rows for slot in slots]).T)
        for shape, slots in found.items()
    ]


def _work_out(shape: Shape, rows: Any, leaves: Bytes) -> Bytes:
    if shape == "leaf":
        picked: Bytes = leaves[next(rows)]
        return picked
    word, first, *rest = shape
    made = _work_out(first, rows, leaves)
    for part in rest:
        other = _work_out(part, rows, leaves)
        if word == "and":
            made &= other
        else:
            made |= other
    return made
