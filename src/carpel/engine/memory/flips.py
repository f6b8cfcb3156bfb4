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


@dataclass
class Flips:
    """Who entered and who left a segment."""

    entered: Numbers
    left: Numbers


def told_apart(
    contacts: Contacts, segments: Places, entered: Bytes, left: Bytes
) -> Iterator[tuple[int, Flips]]:
    """Who moved, segment by segment.

    Args:
        contacts: whom the bits are of.
        segments: their numbers.
        entered: a row of bits for each, of who is in now.
        left: the same of who is not any more.
    """
    numbers = contacts.astype(np.uint32)
    places, counts = ones(entered)
    inside, ends = numbers[places], np.cumsum(counts).tolist()
    places, counts = ones(left)
    outside, other_ends = numbers[places], np.cumsum(counts).tolist()
    first = other_first = 0
    for segment, end, other_end in zip(segments.tolist(), ends, other_ends, strict=True):
        yield segment, Flips(inside[first:end], outside[other_first:other_end])
        first, other_first = end, other_end


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
