"""Segments as programs over bits: those of one shape are worked out together.

A program reads rows of bits (one row a leaf, one bit a contact) and makes one row. All programs of
one shape, such as `a and (b or c)`, differ only in the rows they read, so a few array operations do
them all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from carpel.engine import plan as p

from .bits import Bytes, Places

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
    """All programs, by number of their segment."""

    def __init__(self) -> None:
        self._programs: dict[int, Program] = {}
        self._groups: list[Alike] | None = None

    def put(self, number: int, made: Program) -> None:
        self._programs[number] = made
        self._groups = None

    def remove(self, number: int) -> None:
        self._programs.pop(number, None)
        self._groups = None

    def flipped(self, old: Bytes, new: Bytes) -> Iterator[tuple[int, Places, Places]]:
        """Segments in which somebody moves when rows of leaves go from old to new.

        Yields:
            The segment, the places of those who are in it now, and of those who are not any more.
        """
        if self._groups is None:
            self._groups = alike(self._programs)
        changed = (old != new).any(axis=1)
        for one in self._groups:
            hit = changed[one.rows].any(axis=0)
            if changed[EXISTS] or hit.all():
                yield from one.flipped(old, new)
            elif hit.any():
                yield from one.some(hit).flipped(old, new)


@dataclass(frozen=True)
class Alike:
    """Segments of one shape, and for each leaf of the shape the rows it stands for."""

    shape: Shape
    numbers: Places
    rows: Places

    def some(self, which: NDArray[np.bool_]) -> Alike:
        """Only some of the segments."""
        return Alike(self.shape, self.numbers[which], self.rows[:, which])

    def run(self, leaves: Bytes) -> Bytes:
        """A row of bits for each segment, from a row for each leaf."""
        made = _work_out(self.shape, iter(self.rows), leaves)
        made &= leaves[EXISTS]
        return made

    def flipped(self, old: Bytes, new: Bytes) -> Iterator[tuple[int, Places, Places]]:
        """As `Programs.flipped`."""
        inside = self.run(new)
        moved = self.run(old)
        moved ^= inside
        segments = np.flatnonzero(moved.any(axis=1))
        inside = inside[segments]
        moved = moved[segments]
        yield from zip(
            self.numbers[segments].tolist(),
            _places(moved & inside),
            _places(moved & ~inside),
            strict=True,
        )


def _places(rows: Bytes) -> list[Places]:
    """For each row of bits the places that are set."""
    places = np.flatnonzero(np.unpackbits(rows.reshape(-1), bitorder="little").view(np.bool_))
    counts = np.bitwise_count(rows).sum(axis=1, dtype=np.int64)
    return np.split(places % (8 * rows.shape[1]), np.cumsum(counts)[:-1]) if len(rows) else []


def alike(programs: Mapping[int, Program]) -> list[Alike]:
    """All programs, those of one shape together."""
    found: dict[Shape, list[int]] = defaultdict(list)
    for number, made in programs.items():
        found[made.shape].append(number)
    return [
        Alike(shape, np.asarray(numbers), np.asarray([programs[one].rows for one in numbers]).T)
        for shape, numbers in found.items()
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
