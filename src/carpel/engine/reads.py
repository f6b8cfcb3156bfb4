"""What a plan looks at, and which of its tests time alone can change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from . import plan as p


@dataclass(frozen=True)
class MovingTest:
    """A date that a moving point will pass. `types`: the events it can be among, None for any."""

    operand: p.Operand
    operator: p.Operator
    moving: p.Moving
    types: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Reads:
    """What can change a plan's truth for a contact that is there."""

    columns: frozenset[str]  # of contacts; `lists` stands for membership in lists
    events: bool
    types: frozenset[str] | None  # of events; None for any type
    moving: tuple[MovingTest, ...]
    formulas: tuple[p.FormulaTest, ...]
    calendars: tuple[
        tuple[p.CalendarUnit, str], ...
    ] = ()  # units and zones whose turn may change it


def reads(plan: p.Plan) -> Reads:
    """Look through a plan."""
    columns: set[str] = set()
    types: set[str] | None = set()
    events = False
    moving: list[MovingTest] = []
    formulas: list[p.FormulaTest] = []
    calendars: list[tuple[p.CalendarUnit, str]] = []
    for leaf in leaves(plan):
        calendars.extend(_calendars(leaf))
        if isinstance(leaf, p.ListTest):
            columns.add("lists")
        elif isinstance(leaf, p.EventTest | p.SequenceTest):
            events = True
            for part in event_tests(leaf):
                chosen = event_types(part.where)
                types = None if chosen is None or types is None else types | set(chosen)
                moving.extend(_moving_events(part, chosen))
                formulas.extend(one for one in leaves(part.where) if isinstance(one, p.FormulaTest))
        else:
            seen = [one for operand in operands(leaf) for one in sources(operand)]
            columns.update(one.name for one in seen if isinstance(one, p.Column))
            moving.extend(_moving(leaf, None))
            if isinstance(leaf, p.FormulaTest):
                formulas.append(leaf)
    return Reads(
        frozenset(columns),
        events,
        None if types is None else frozenset(types),
        tuple(dict.fromkeys(moving)),
        tuple(dict.fromkeys(formulas)),
        tuple(dict.fromkeys(calendars)),
    )


def event_tests(leaf: p.EventTest | p.SequenceTest) -> list[p.EventTest]:
    """What a leaf asks of single events."""
    if isinstance(leaf, p.EventTest):
        return [leaf]
    return [p.EventTest(leaf.first), *(p.EventTest(then.where) for then in leaf.then)]


def _calendars(leaf: Any) -> Iterator[tuple[p.CalendarUnit, str]]:
    """The units of calendars that a leaf looks at, those inside its events included."""
    for one in _with_inner(leaf):
        for constant in _constants(one):
            if isinstance(constant, p.CalendarStart):
                yield constant.unit, constant.zone
        for operand in operands(one):
            for step in operand.steps:
                if isinstance(step, p.DaysToAnniversary):
                    yield "day", step.zone


def _with_inner(leaf: Any) -> Iterator[Any]:
    """A leaf, or the leaves inside one about events."""
    if not isinstance(leaf, p.EventTest | p.SequenceTest):
        yield leaf
        return
    for test in event_tests(leaf):
        yield from leaves(test.where)
    if isinstance(leaf, p.EventTest) and leaf.having is not None:
        yield from leaves(leaf.having)


def _constants(leaf: Any) -> tuple[p.Constant, ...]:
    """What a leaf compares a value with."""
    match leaf:
        case (
            p.ValueTest(test=p.Compare(constant=one))
            | p.AggregateTest(test=p.Compare(constant=one))
        ):
            return (one,)
        case (
            p.ValueTest(test=p.OneOf(constants=some))
            | p.AggregateTest(test=p.OneOf(constants=some))
        ):
            return some
        case _:
            return ()


def leaves(tree: Any) -> Iterator[Any]:
    """The leaves of any tree of a plan."""
    if isinstance(tree, p.All | p.AnyOf):
        for part in tree.parts:
            yield from leaves(part)
    elif not isinstance(tree, p.Everyone | p.NoOne):
        yield tree


def operands(leaf: Any) -> list[p.Operand]:
    """The values a leaf looks at."""
    match leaf:
        case p.ValueTest():
            return [leaf.operand]
        case p.PairTest():
            return [leaf.left, leaf.right]
        case p.FormulaTest():
            return [operand for term in leaf.terms for operand in term.operands]
        case _:
            return []


def sources(operand: p.Operand) -> Iterator[p.Column | p.EventColumn | p.Property]:
    """What a value is made of."""
    if isinstance(operand.seen, p.Joined):
        for part in operand.seen.parts:
            if isinstance(part, p.Operand):
                yield from sources(part)
    else:
        yield operand.seen


def on_contacts(operand: p.Operand) -> bool:
    """Whether a value is a contact's and not an event's."""
    return isinstance(next(sources(operand)), p.Column)


def event_types(where: p.Tree[p.RowLeaf]) -> tuple[str, ...] | None:
    """The only types of events that can fit, or None when any can."""
    parts = where.parts if isinstance(where, p.All) else (where,)
    for part in parts:
        match part:
            case p.ValueTest(
                operand=p.Operand(seen=p.EventColumn(name="type"), steps=()),
                test=p.Compare(operator="=", constant=str() as name),
            ):
                return (name,)
            case p.ValueTest(
                operand=p.Operand(seen=p.EventColumn(name="type"), steps=()),
                test=p.OneOf(constants=names, negated=False),
            ):
                return tuple(str(name) for name in names)
            case _:
                continue
    return None


def _moving_events(test: p.EventTest, types: tuple[str, ...] | None) -> Iterator[MovingTest]:
    for leaf in leaves(test.where):
        yield from _moving(leaf, types)
    for leaf in leaves(test.having) if test.having is not None else ():
        if isinstance(leaf, p.AggregateTest) and leaf.of is not None:
            yield from _moving(p.ValueTest(p.Operand(leaf.of), leaf.test), types)


def _moving(leaf: Any, types: tuple[str, ...] | None) -> Iterator[MovingTest]:
    match leaf:
        case p.ValueTest(test=p.Compare(constant=p.Moving() as moving) as test):
            yield MovingTest(leaf.operand, test.operator, moving, types)
        case _:
            return
