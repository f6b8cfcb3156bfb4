"""New leaves and new segments worked out for everybody, a stretch of contacts at a time.

Stretches do not touch one another's rows, so several threads work at them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .bitmaps import STRETCH, Container, containers
from .bits import BitTable, Bytes, Words, as_words, by_slot
from .coding import Coded, Codes
from .events import Stream
from .pace import Pace
from .programs import EXISTS, Program, alike
from .threads import in_threads
from .timed import Timed

_WORD = 6  # a slot's word is its number without so many last bits
_BLOCK = 8192


@dataclass
class Fresh:
    """What is to be answered: leaves by where their answers come from."""

    population: Any = None  # a flag for each contact; None when their rows have it already
    groups: list[tuple[Coded, Sequence[int]]] = field(default_factory=list)
    timed: list[tuple[Timed, Sequence[int]]] = field(default_factory=list)
    streams: list[tuple[Stream, Sequence[int]]] = field(default_factory=list)

    def parts(self) -> Iterator[tuple[Codes, list[tuple[int, Words]]]]:
        """Codes, and for each word of the rows in which they set bits what each code sets."""
        for coded, slots in self.groups:
            words = as_words(coded.rows)
            places = sorted({slot >> _WORD for slot in slots})
            yield coded.codes, [(place, words[:, place].copy()) for place in places]


class Everyone:
    """One pass over all contacts."""

    def __init__(
        self,
        answers: BitTable,
        fresh: Fresh,
        made: Mapping[int, Program],
        now: int,
        pace: Pace,
    ) -> None:
        """Args: made: the new segments' programs, by number."""
        self._pace = pace
        self._answers = answers
        self._fresh = fresh
        self._parts = list(fresh.parts())
        self._now = now
        # Only bytes that a program reads are turned.
        self._read = sorted({row >> 3 for one in made.values() for row in (EXISTS, *one.rows)})
        places = {place: 8 * order for order, place in enumerate(self._read)}
        self._programs = alike({
            number: Program(one.shape, tuple(places[row >> 3] + (row & 7) for row in one.rows))
            for number, one in made.items()
        })  # fmt: skip

    def work_out(self, contacts: int) -> dict[int, list[tuple[int, Container]]]:
        """All contacts numbered below this; the containers of each segment's members."""
        numbers = [int(one) for programs in self._programs for one in programs.numbers]
        found: dict[int, list[tuple[int, Container]]] = {number: [] for number in numbers}
        starts = range(0, contacts, STRETCH)
        stretches = in_threads(lambda at: self._stretch(at, min(contacts, at + STRETCH)), starts)
        for stretch, parts in enumerate(stretches):
            for number, part in zip(numbers, parts, strict=True):
                found[number].append((stretch, part))
        return found

    def _stretch(self, start: int, beyond: int) -> list[Container]:
        self._pace.stretch()
        rows = self._answers.rows(slice(start, beyond))
        self._answer(rows, start, beyond)
        if not self._programs:
            return []
        if len(self._read) < rows.shape[1]:
            rows = np.take(rows, self._read, axis=1)
        leaves = by_slot(rows)
        return [one for programs in self._programs for one in containers(programs.run(leaves))]

    def _answer(self, rows: Bytes, start: int, beyond: int) -> None:
        """The fresh leaves, in rows where they are zero."""
        if self._fresh.population is not None:
            rows[:, EXISTS >> 3] |= self._fresh.population[start:beyond] << np.uint8(EXISTS & 7)
        for first in range(start, beyond, _BLOCK):
            self._look_up(slice(first, min(beyond, first + _BLOCK)))
        for column, slots in self._fresh.timed:
            column.bits(slice(start, beyond), rows, self._now, slots)
        for stream, slots in self._fresh.streams:
            stream.stretch_bits(start, beyond, rows, self._now, slots)

    def _look_up(self, contacts: slice) -> None:
        """What follows from codes alone, for no more contacts than the cache of a core holds."""
        words = self._answers.words(contacts)
        for codes, parts in self._parts:
            places = codes[contacts].astype(np.intp)
            for place, sets in parts:
                here = words[:, place]
                here |= sets.take(places)
