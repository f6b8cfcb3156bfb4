"""Streams: the events that fit one filter. Leaves with other windows over them share one."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from carpel.engine import plan as p
from carpel.engine.reads import event_types, leaves, operands

from .groups import answer_of_row
from .values import Unknown, is_moving

Use: TypeAlias = Literal["number", "date", "code"]
ColumnKey: TypeAlias = tuple[p.Seen, Use]

HAPPENED_AT = p.Operand(p.EventColumn("happened_at", "date"))


@dataclass(frozen=True)
class StreamKey:
    """Which events: of these types (None: any), and fitting this filter, which never changes."""

    types: tuple[str, ...] | None
    where: p.Tree[p.RowLeaf]


@dataclass(frozen=True)
class Window:
    """The event happened so, seen from a moving point."""

    operator: p.Operator
    moving: p.Moving


@dataclass(frozen=True)
class StreamLeaf:
    """An event leaf taken apart: its stream, the windows, and what is asked of the events in them."""

    stream: StreamKey
    windows: tuple[Window, ...]
    having: p.Tree[p.AggregateTest] | None
    negated: bool

    @property
    def points(self) -> set[p.Moving]:
        """The moving points whose passing can change the leaf."""
        found = {window.moving for window in self.windows}
        for test in leaves(self.having) if self.having is not None else ():
            if isinstance(test.test, p.Compare) and isinstance(test.test.constant, p.Moving):
                found.add(test.test.constant)
        return found

    @property
    def columns(self) -> set[ColumnKey]:
        """What has to be kept of each event besides its time."""
        tests = leaves(self.having) if self.having is not None else ()
        return {key for test in tests if (key := column_key(test)) is not None}


@lru_cache(65_536)
def take_apart(leaf: p.EventTest) -> StreamLeaf:
    """The leaf as a stream with windows.

    Raises:
        Unknown: it is not of this form; the segment is left to the recompute.
    """
    parts = leaf.where.parts if isinstance(leaf.where, p.All) else (leaf.where,)
    windows = [part for part in parts if is_moving(part) and part.operand == HAPPENED_AT]  # type: ignore[union-attr]
    types = event_types(leaf.where)
    rest = [part for part in parts if part not in windows and not _says_only(part, types)]
    for part in rest:
        _check_still(part)
    where: p.Tree[p.RowLeaf] = p.All(tuple(rest)) if rest else p.Everyone()
    taken = StreamLeaf(
        StreamKey(types, where),
        tuple(_window(part) for part in windows),
        leaf.having,
        leaf.negated,
    )
    for test in leaves(leaf.having) if leaf.having is not None else ():
        _check_aggregate(test)
    return taken


def column_key(test: p.AggregateTest) -> ColumnKey | None:
    """The column that an aggregate needs; None when the events' times will do."""
    if test.of is None or _is_time(test.of):
        if test.function == "count distinct" and test.of is not None:
            return test.of, "code"
        return None
    if test.function in ("count", "count distinct"):
        return test.of, "code"
    return test.of, "date" if test.of.kind == "date" else "number"


def on_time(test: p.AggregateTest) -> bool:
    """Whether the aggregate is of the events' own times."""
    return test.of is not None and _is_time(test.of)


def _is_time(seen: p.Seen) -> bool:
    return isinstance(seen, p.EventColumn) and seen.name == "happened_at"


def _says_only(part: p.Tree[p.RowLeaf], types: tuple[str, ...] | None) -> bool:
    """Whether a part of the filter says nothing but which types."""
    return types is not None and event_types(part) == types and isinstance(part, p.ValueTest)


def _window(part: Any) -> Window:
    return Window(part.test.operator, part.test.constant)


def _check_still(part: p.Tree[p.RowLeaf]) -> None:
    seen = tuple(dict.fromkeys(one.seen for leaf in leaves(part) for one in operands(leaf)))
    answer_of_row(part, seen)


def _check_aggregate(test: p.AggregateTest) -> None:
    if test.function not in ("count", "count distinct", "sum", "average", "min", "max"):
        raise Unknown(test.function)
    if test.of is not None:
        if not isinstance(test.of, p.EventColumn | p.Property) or test.of.kind == "text-list":
            raise Unknown("what is no value of an event")
        if test.function in ("sum", "average") and test.of.kind != "number":
            raise Unknown(f"a {test.function} of {test.of.kind}")
        if test.function in ("min", "max") and test.of.kind not in ("number", "date"):
            raise Unknown(f"a {test.function} of {test.of.kind}")
    match test.test:
        case p.Compare(constant=constant):
            still = isinstance(constant, Decimal | p.Instant)
            if not still and not (isinstance(constant, p.Moving) and on_time(test)):
                raise Unknown(f"{constant!r}")
        case p.OneOf(constants=constants):
            if test.function == "average" or not all(
                isinstance(one, Decimal | p.Instant) for one in constants
            ):
                raise Unknown("one of several")
        case p.Missing():
            pass
        case _:
            raise Unknown(type(test.test).__name__)
