"""What refers to a segment, and how segments lie over one another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from carpel.domain.refusals import Conflict
from carpel.engine.plan import ListTest

from .model import Segment
from .service import Segments


@dataclass(frozen=True)
class User:
    """Something that refers to a segment; `kind` is a word such as segment or webhook."""

    kind: str
    id: str
    name: str


class InUse(Conflict):
    """A segment cannot be deleted while something refers to it; `users` says what."""

    def __init__(self, users: list[User]) -> None:
        names = ", ".join(f"{one.kind} {one.name!r}" for one in users)
        super().__init__("segment_in_use", f"the segment is used by {names}")
        self.users = users


@dataclass(frozen=True)
class Overlap:
    """One segment beside another, at one moment: how many are in both."""

    other: Segment
    size: int
    both: int


def uses_list(segments: Segments, segment: Segment, number: int) -> bool:
    """Whether a segment is restricted to a list, or asks for it in its rules."""
    if segment.problem is not None:
        return False
    return any(test.list == number for test in _list_tests(segments.plan(segment)))


def overlaps(
    segments: Segments, segment: Segment, others: list[Segment]
) -> tuple[int, list[Overlap]]:
    """The segment's size, and how many of it are in each of the others."""
    segments.settle([segment, *others])
    own = segments.members(segment)
    found = []
    for other in others:
        theirs = segments.members(other)
        both = (
            own.members.intersection_cardinality(theirs.members)
            if own is not None and theirs is not None
            else 0
        )
        found.append(Overlap(other, theirs.count if theirs is not None else 0, both))
    return own.count if own is not None else 0, found


def _list_tests(node: Any) -> Iterator[ListTest]:
    """The tests of lists anywhere in a plan."""
    if isinstance(node, ListTest):
        yield node
    elif isinstance(node, tuple):
        for part in node:
            yield from _list_tests(part)
    elif is_dataclass(node):
        for part in fields(node):
            yield from _list_tests(getattr(node, part.name))
