"""Segments inside segments: who names whom, in which order they are understood, and no circles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol, TypeVar

from carpel.query import meaning as m
from carpel.query.compile import Compiled
from carpel.query.problems import Problem
from carpel.query.walk import walk

from .model import Segment


class _Ruled(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def document(self) -> dict[str, Any]: ...


RuledT = TypeVar("RuledT", bound=_Ruled)


def named(document: Any) -> set[str]:
    """The ids of the segments that rules name."""
    found: set[str] = set()
    waiting = [document]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            found.update(part.get("in_segments", ()))
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)
    return found


def in_order(segments: Iterable[RuledT]) -> list[RuledT]:
    """Those that are named before those that name them, else as they come."""
    by_id = {one.id: one for one in segments}
    names = {one.id: named(one.document) & by_id.keys() for one in by_id.values()}
    ordered: dict[str, RuledT] = {}
    for one in by_id.values():
        path = [one.id]
        while path:
            missing = next(
                (
                    name
                    for name in sorted(names[path[-1]])
                    if name not in ordered and name not in path
                ),
                None,
            )
            if missing is None:
                done = path.pop()
                ordered.setdefault(done, by_id[done])
            else:
                path.append(missing)
    return list(ordered.values())


def users(segment_id: str, segments: Iterable[Segment]) -> list[Segment]:
    """Those whose rules name a segment."""
    return [one for one in segments if segment_id in named(one.document)]


def all_users(segment_id: str, segments: Iterable[Segment]) -> list[Segment]:
    """Those that name it, those that name these, and so on; the named ones first."""
    everyone = in_order(segments)
    reached = {segment_id}
    for one in everyone:
        if named(one.document) & reached:
            reached.add(one.id)
    return [one for one in everyone if one.id in reached - {segment_id}]


def circles(segment_id: str, compiled: Compiled, segments: Mapping[str, Segment]) -> list[Problem]:
    """A problem for each place where new rules would put a segment inside itself."""
    problems = []
    for part in walk(compiled.condition):
        if isinstance(part, m.InSegments):
            for name in part.segments:
                if name == segment_id or segment_id in _reached(name, segments):
                    message = (
                        f"the segment would be inside itself, by way of {segments[name].name!r}"
                    )
                    problems.append(Problem("segment_cycle", message, part.place))
    return problems


def _reached(segment_id: str, segments: Mapping[str, Segment]) -> set[str]:
    reached: set[str] = set()
    waiting = [segment_id]
    while waiting:
        found = segments.get(waiting.pop())
        fresh = named(found.document) - reached if found else set()
        reached |= fresh
        waiting.extend(fresh)
    return reached
