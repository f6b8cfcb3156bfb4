"""Who moved in or out of a segment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .bits import Bytes, Places, ones
from .due import Contacts

Numbers: TypeAlias = NDArray[np.uint32]


@dataclass(slots=True)
class Flips:
    """Who entered and who left a segment."""

    entered: Numbers
    left: Numbers


def told_apart(
    contacts: Contacts, segments: Places, moved: Bytes
) -> Iterator[tuple[int, Flips, bytes, int]]:
    """Who moved, segment by segment.

    Args:
        contacts: whom the bits are of.
        segments: their numbers.
        moved: two rows of bits for each: of who is in now, and of who is not any more.

    Yields:
        The segment, who moved, all of them as numbers of four bytes, and how many more are in.
    """
    places, counts = ones(moved)
    numbers = contacts.astype(np.uint32)[places]
    ends = np.cumsum(counts).tolist()
    first = 0
    for segment, middle, end in zip(segments.tolist(), ends[::2], ends[1::2], strict=True):
        flips = Flips(numbers[first:middle], numbers[middle:end])
        yield segment, flips, numbers[first:end].tobytes(), 2 * middle - first - end
        first = end


def all_together(parts: Sequence[Mapping[int, Flips]]) -> dict[int, Flips]:
    """Those of several sets of contacts, by segment."""
    found: dict[int, list[Flips]] = {}
    for part in parts:
        for number, one in part.items():
            found.setdefault(number, []).append(one)
    return {number: _together(several) for number, several in found.items()}


def _together(parts: Sequence[Flips]) -> Flips:
    """All of them as one."""
    if len(parts) == 1:
        return parts[0]
    return Flips(
        np.concatenate([part.entered for part in parts]),
        np.concatenate([part.left for part in parts]),
    )
