"""Segments as programs over bits: those of one shape are worked out together.

A program reads rows of bits (one row a leaf, one bit a contact) and makes one row. All programs of
one shape, such as `a and (b or c)`, differ only in the rows they read, so a few array operations do
them all. Segments that ask the same have the same program, and it is worked out once for all of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from carpel.engine import plan as p

from .bits import Bytes, Places, by_slot

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
    """The plan as a program; `row_of` says which row a leaf has.

    Parts of `and` and `or` stand in an order of their own, each once, so that what means the same
    more often is the same.
    """
    match plan:
        case p.All(parts=()) | p.Everyone():
            return Program("leaf", (EXISTS,))
        case p.AnyOf(parts=()) | p.NoOne():
            return Program("leaf", (NOTHING,))
        case p.All() | p.AnyOf():
            made = {program(part, row_of) for part in plan.parts}
            parts = sorted(made, key=lambda one: (str(one.shape), one.rows))
            if len(parts) == 1:
                return parts[0]
            word = "and" if isinstance(plan, p.All) else "or"
            shape = (word, *(one.shape for one in parts))
            return Program(shape, tuple(row for one in parts for row in one.rows))
        case _:
            return Program("leaf", (row_of(plan),))


class Programs:
    """All programs, by number of their segment."""

    def __init__(self) -> None:
        self._programs: dict[int, Program] = {}
        self._same: dict[Program, list[int]] = {}
        self._groups: list[Alike] | None = None
        self._by_first: dict[int, list[int]] = {}

    def put(self, number: int, made: Program) -> None:
        """Take up a segment that is not there."""
        self._programs[number] = made
        self._same.setdefault(made, []).append(number)
        self._groups = None

    def remove(self, number: int) -> None:
        made = self._programs.pop(number)
        self._same[made].remove(number)
        if not self._same[made]:
            del self._same[made]
        self._groups = None

    def having(self, made: Program) -> list[int]:
        """The segments with this program."""
        return self._same.get(made, [])

    def same(self, number: int) -> list[int]:
        """The segments that one stands for which `moved` has told, itself among them."""
        return self._by_first[number]

    def moved(self, old: Bytes, new: Bytes) -> Iterator[tuple[Places, Bytes]]:
        """Segments in which somebody moves when contacts' rows of leaves go from old to new.

        Only those that look at a leaf that changed for anybody are worked out.

        Yields:
            Segments, one for all that are the `same`, and for each two rows of bits: of who enters,
            and of who leaves.
        """
        if self._groups is None:
            self._by_first = {numbers[0]: numbers for numbers in self._same.values()}
            self._groups = alike({one: self._programs[one] for one in self._by_first})
        before, after = old.view(np.uint64), new.view(np.uint64)
        differ = np.bitwise_or.reduce(before ^ after, axis=0)
        changed = np.unpackbits(differ.view(np.uint8), bitorder="little").view(np.bool_)
        hit = [(one, one.hit(changed)) for one in self._groups]
        if not any(which.any() for _, which in hit):
            return
        words = np.flatnonzero(differ)  # all other leaves are as they were
        leaves = by_slot(new)
        old_leaves = leaves.copy()
        of_words = np.take(before, words, axis=1).view(np.uint8)
        old_leaves.reshape(len(differ), -1)[words] = by_slot(of_words).reshape(len(words), -1)
        for one, which in hit:
            if which.any():
                yield one.some(which).moved(old_leaves, leaves)


@dataclass(frozen=True)
class Alike:
    """Segments of one shape, and for each leaf of the shape the rows it stands for."""

    shape: Shape
    numbers: Places
    rows: Places

    def hit(self, changed: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which of the segments look at a leaf that changed."""
        if changed[EXISTS]:
            return np.ones(len(self.numbers), np.bool_)
        return np.asarray(changed[self.rows].any(axis=0))

    def some(self, which: NDArray[np.bool_]) -> Alike:
        """Only some of the segments."""
        return Alike(self.shape, self.numbers[which], self.rows[:, which])

    def run(self, leaves: Bytes) -> Bytes:
        """A row of bits for each segment, from a row for each leaf."""
        made = _work_out(self.shape, iter(self.rows), leaves)
        made &= leaves[EXISTS]
        return made

    def moved(self, old: Bytes, new: Bytes) -> tuple[Places, Bytes]:
        """As `Programs.moved`, from rows by leaf."""
        inside = self.run(new)
        moved = self.run(old)
        moved ^= inside
        some = np.flatnonzero(moved.view(np.uint64).any(axis=1))
        found = np.empty((len(some), 2, moved.shape[1]), np.uint8)
        entered, left = found[:, 0], found[:, 1]
        moved = moved[some]
        np.bitwise_and(inside[some], moved, out=entered)
        np.bitwise_xor(moved, entered, out=left)
        return self.numbers[some], found.reshape(-1, moved.shape[1])


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
