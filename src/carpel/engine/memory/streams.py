"""Streams: the events that fit one filter. Leaves with other windows over them share one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from carpel.engine import plan as p
from carpel.engine.reads import event_types, leaves

from .answers import Answer, seen_in, sources_of
from .having import check_aggregate, column_key, is_time, orders
from .points import Point, points_of
from .turning import Codebook, Turning
from .values import Unknown, holds_still, is_of_date, zones_of

Row: TypeAlias = p.Tree[p.RowLeaf]
Use: TypeAlias = Literal["number", "date", "code", "flag", "turn", "order"]
# What is kept, and in which form: values; whether a filter fits ("flag"); values that days to an
# anniversary are counted from ("turn"); the number by which events of one instant are in order.
ColumnKey: TypeAlias = tuple[Any, Use]

NUMBER: ColumnKey = ("no", "order")


@dataclass(frozen=True)
class StreamKey:
    """Which events: of these types (None: any), and fitting this filter, which never changes."""

    types: tuple[str, ...] | None
    where: Row


@dataclass(frozen=True)
class StreamLeaf:
    """An event leaf taken apart: its stream, the windows that move, and what is asked of the events
    in all of them.
    """

    stream: StreamKey
    windows: tuple[Row, ...]
    having: p.Tree[p.AggregateTest] | None
    negated: bool

    @property
    def points(self) -> set[tuple[ColumnKey | None, Point]]:
        """The moving points whose passing a date can change the leaf; None for the events' times."""
        found = {one for window in self.windows for one in _points(window)}
        for test in leaves(self.having) if self.having is not None else ():
            found.update((column_key(test), point) for point in points_of(test.test))
        return found

    @property
    def turns(self) -> set[p.RowLeaf]:
        """The leaves in it that count days to anniversaries."""
        return {one for window in self.windows for one in _turns(window)}

    @property
    def columns(self) -> set[ColumnKey]:
        """What has to be kept of each event besides its time."""
        found = {key for window in self.windows for key in _columns(window)}
        for test in leaves(self.having) if self.having is not None else ():
            if (key := column_key(test)) is not None:
                found.add(key)
            if orders(test):
                found.add(NUMBER)
        return found


@dataclass(frozen=True)
class SequenceLeaf:
    """A sequence taken apart: a stream of what can be in it, and what each step of it has to fit."""

    stream: StreamKey
    steps: tuple[tuple[Row, int | None], ...]
    negated: bool

    @property
    def points(self) -> set[tuple[ColumnKey | None, Point]]:
        """As for `StreamLeaf`."""
        return {one for where, _ in self.steps for one in _points(where)}

    @property
    def turns(self) -> set[p.RowLeaf]:
        """As for `StreamLeaf`."""
        return {one for where, _ in self.steps for one in _turns(where)}

    @property
    def columns(self) -> set[ColumnKey]:
        """As for `StreamLeaf`."""
        return {key for where, _ in self.steps for key in _columns(where)}


EventLeaf: TypeAlias = StreamLeaf | SequenceLeaf


@lru_cache(65_536)
def take_apart(leaf: p.EventTest | p.SequenceTest) -> EventLeaf:
    """The leaf as a stream with windows.

    Raises:
        Unknown: it is not of this form; the segment is left to the recompute.
    """
    if isinstance(leaf, p.SequenceTest):
        return _sequence(leaf)
    types = event_types(leaf.where)
    parts = [part for part in _parts(leaf.where) if not _says_only(part, types)]
    for part in parts:
        _check(part)
    for test in leaves(leaf.having) if leaf.having is not None else ():
        check_aggregate(test)
    return StreamLeaf(
        StreamKey(types, _all(tuple(part for part in parts if is_still(part)))),
        tuple(part for part in parts if not is_still(part)),
        leaf.having,
        leaf.negated,
    )


def is_still(tree: Row) -> bool:
    """Whether time alone never changes what fits."""
    return all(holds_still(leaf) for leaf in leaves(tree))


def _sequence(leaf: p.SequenceTest) -> SequenceLeaf:
    wheres = [leaf.first, *(then.where for then in leaf.then)]
    for where in wheres:
        _check(where)
    types: set[str] | None = set()
    for where in wheres:
        chosen = event_types(where)
        types = None if types is None or chosen is None else types | set(chosen)
    kept = tuple(dict.fromkeys(_all(tuple(filter(is_still, _parts(one)))) for one in wheres))
    everything = any(isinstance(one, p.Everyone) for one in kept)
    key = StreamKey(
        None if types is None else tuple(sorted(types)),
        p.Everyone() if everything else p.AnyOf(kept),
    )
    within = [None, *(then.within for then in leaf.then)]
    return SequenceLeaf(key, tuple(zip(wheres, within, strict=True)), leaf.negated)


def _parts(where: Row) -> tuple[Row, ...]:
    return where.parts if isinstance(where, p.All) else (where,)


def _all(parts: tuple[Row, ...]) -> Row:
    return p.All(parts) if parts else p.Everyone()


def _says_only(part: Row, types: tuple[str, ...] | None) -> bool:
    """Whether a part of the filter says nothing but which types."""
    return types is not None and event_types(part) == types and isinstance(part, p.ValueTest)


def _check(where: Row) -> None:
    for leaf in leaves(where):
        for source in sources_of(leaf):
            seen = seen_in(source)
            if not isinstance(seen, p.EventColumn | p.Property) or seen.kind == "text-list":
                raise Unknown("what is no value of an event")
        if zones_of(leaf):
            Turning(leaf, Codebook(sources_of(leaf)))
        elif holds_still(leaf):
            Answer(leaf, sources_of(leaf))
        elif not is_of_date(leaf):
            raise Unknown("a moving point beside what is no date")


# -------------------------------------------------------------- what moving filters need


def date_key(leaf: p.ValueTest) -> ColumnKey | None:
    """The column of dates that a moving leaf looks at; None for the events' times."""
    seen = leaf.operand.seen
    return None if is_time(seen) else (seen, "date")


def _columns(where: Row) -> Iterator[ColumnKey]:
    for part in moving_parts(where):
        if is_still(part):
            yield part, "flag"
        elif zones_of(part):
            yield sources_of(part), "turn"
        elif isinstance(part, p.ValueTest) and (key := date_key(part)) is not None:
            yield key


def _points(where: Row) -> Iterator[tuple[ColumnKey | None, Point]]:
    for part in moving_parts(where):
        if isinstance(part, p.ValueTest):
            for point in points_of(part.test):
                yield date_key(part), point


def _turns(where: Row) -> Iterator[p.RowLeaf]:
    for part in moving_parts(where):
        if not isinstance(part, p.All | p.AnyOf | p.Everyone | p.NoOne) and zones_of(part):
            yield part


def moving_parts(where: Row) -> Iterator[Row]:
    """The leaves of a filter that move, and the largest trees in it that do not."""
    if is_still(where):
        if not isinstance(where, p.Everyone | p.NoOne):
            yield where
    elif isinstance(where, p.All | p.AnyOf):
        for part in where.parts:
            yield from moving_parts(part)
    else:
        yield where
