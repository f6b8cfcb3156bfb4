"""Random rules around one theme each, so that every kind of leaf occurs often on a timeline."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from hypothesis import strategies as st

from carpel.engine import plan as p
from carpel.engine.reads import leaves, operands
from carpel.query import meaning as m
from support.oracle_calendar import DAY, SECOND
from support.oracle_drawing import built_once, mix
from support.oracle_strategies import (
    Conditions,
    Values,
    Where,
    aggregate_tests,
    columns,
    comparisons,
    conditions,
    constant_numbers,
    constant_texts,
    date_tests,
    expressions,
    joined,
    lengths,
    list_tests,
    moments,
    number_tests,
    one_of,
    presence_tests,
    row_tests,
    starts,
    text_tests,
    words,
    zones,
)
from support.population_strategies import PATHS, TYPES, Now

days = st.sampled_from((0, 1, 2, 27, 28, 30, 31, 59, 60, 364, 365)).map(
    lambda number: m.Constant(Decimal(number))
)
of_type: Conditions = st.sampled_from(TYPES).map(
    lambda name: m.Compare("=", m.EventColumn("event_type"), m.Constant(name))
)


@built_once
def calendar_tests(where: Where) -> Conditions:
    """Days, weeks and so on as the calendar has them, and anniversaries."""
    dates = columns("date", where)
    signs = cast("Any", st.sampled_from(("+", "-")))
    shifted: Values = st.builds(m.Math, signs, starts, lengths)
    anniversary: Values = st.builds(m.DaysToAnniversary, dates, zones)
    steps = cast("Any", st.sampled_from(("+", "-", "*", "%")))
    rest = st.sampled_from((Decimal(7), Decimal(2), Decimal(30))).map(m.Constant)
    return mix(
        comparisons(dates, starts),
        comparisons(dates, starts | shifted),
        comparisons(anniversary, days),
        comparisons(anniversary, days),
        st.builds(m.Between, anniversary, days, days, st.booleans()),
        one_of(anniversary, days),
        comparisons(st.builds(m.Math, steps, anniversary, rest), days),
        comparisons(st.builds(m.Math, steps, anniversary, columns("number", where)), days),
        st.builds(m.Missing, anniversary, st.booleans()),
    )


@built_once
def share_tests() -> Conditions:
    """Random shares of contacts."""
    shares = cast(
        "Values", st.builds(m.Bucket, st.sampled_from((2, 3)), st.sampled_from(("", "x")))
    )
    few = st.integers(0, 2).map(lambda number: m.Constant(Decimal(number)))
    return comparisons(shares, few) | one_of(shares, few)


@built_once
def written_tests(where: Where) -> Conditions:
    """Expressions, patterns, texts put together."""
    pieces = st.lists(words(where) | constant_texts, min_size=2, max_size=3).map(tuple)
    together: Values = st.builds(
        lambda one, more: m.concat((one, *more)), columns("text", where), pieces
    )
    text = words(where) | together
    return mix(
        st.builds(m.Regexp, text, expressions, st.booleans()),
        st.builds(m.Regexp, text, expressions, st.booleans()),
        comparisons(together, constant_texts),
        st.builds(m.Like, together, st.sampled_from(["%a%", "a_%", "%", "A%"]), st.booleans()),
        text_tests(where),
        presence_tests(where),
    )


@built_once
def moving_filters(now: Now) -> Conditions:
    """Filters of events of which some parts move with time."""
    moving = date_tests("event", now) | calendar_tests("event")
    still = row_tests("event", now) | of_type
    return mix(joined(moving | still), joined(moving), joined(moving | moving | still))


@built_once
def ends(now: Now) -> Conditions:
    """What the first or last event has, and the least and greatest values."""
    names = cast("Any", st.sampled_from(("first", "last", "first", "last", "min", "max")))
    properties: Values = st.sampled_from(PATHS).map(m.Property)
    plain = cast("Any", st.sampled_from(("=", "!=", "<", "<=", ">", ">=")))

    def of(value: Values, beside: Any) -> Conditions:
        aggregate = st.builds(m.Aggregate, names, value)
        return st.builds(m.Compare, plain, aggregate, beside)

    columns_of_text: list[m.EventColumnName] = ["event_type", "event_source"]
    return mix(
        of(properties, constant_numbers),
        of(properties, constant_numbers),
        of(properties, moments(now)),
        of(properties, constant_texts),
        of(st.sampled_from(columns_of_text).map(m.EventColumn), constant_texts),
        of(st.just(m.EventColumn("timestamp")), moments(now)),
        of(properties, st.booleans().map(m.Constant)),
        aggregate_tests(now),
    )


def about_events(where: Conditions, having: Conditions | None = None) -> Conditions:
    """There are events, mostly of one type."""
    chosen = where | st.builds(lambda one, more: m.both((one, more)), of_type, where)
    return st.builds(m.Events, chosen, st.none() if having is None else having)


def after_another(where: Conditions) -> Conditions:
    """Events one after another."""
    spans = st.none() | st.sampled_from((1, SECOND, 3600 * SECOND, DAY, 30 * DAY)).map(
        lambda length: m.Duration(0, length)
    )
    steps = st.lists(st.builds(m.Then, where, spans), min_size=1, max_size=3)
    return st.builds(m.Sequence, where, steps.map(tuple))


@dataclass(frozen=True)
class Theme:
    """Rules, from now and the lists; and the kinds of leaves that there must be among them."""

    rules: Callable[[Now, tuple[str, ...]], Conditions]
    kinds: frozenset[str]


def _theme(rules: Callable[[Now, tuple[str, ...]], Conditions], kinds: str) -> Theme:
    return Theme(built_once(rules), frozenset(kinds.split(", ")))


THEMES: dict[str, Theme] = {
    "anything": _theme(
        conditions,
        "ValueTest, PairTest, FormulaTest, EventTest, Compare, Missing, Instant, Moving, Column",
    ),
    "calendars": _theme(
        lambda _now, _: joined(calendar_tests("contact") | share_tests()),
        "CalendarStart, DaysToAnniversary, Bucket, FormulaTest, Remainder",
    ),
    "moving filters": _theme(
        lambda now, _: joined(
            about_events(moving_filters(now)) | about_events(moving_filters(now), ends(now))
        ),
        "Moving, CalendarStart, DaysToAnniversary, EventColumn, Property",
    ),
    "ends": _theme(
        lambda now, _: joined(
            about_events(mix(of_type, st.just(m.Everyone()), date_tests("event", now)), ends(now))
        ),
        "first, last, min, max, Moving, Instant, Decimal, str, bool",
    ),
    "sums": _theme(
        lambda now, _: joined(
            about_events(
                mix(of_type, st.just(m.Everyone()), date_tests("event", now)),
                joined(aggregate_tests(now)),
            )
        ),
        "count, count distinct, sum, average",
    ),
    "sequences": _theme(
        lambda now, _: joined(
            after_another(mix(of_type, of_type, row_tests("event", now), moving_filters(now)))
        ),
        "SequenceTest, Moving",
    ),
    "texts": _theme(
        lambda _now, lists: joined(
            mix(
                written_tests("contact"),
                about_events(joined(written_tests("event"))),
                list_tests(lists),
                number_tests("contact"),
            )
        ),
        "FitsRegexp, Joined, Matches, ListTest, Contains, OneOf, lower, upper, trim, length",
    ),
}

THEMES["together"] = _theme(
    lambda now, lists: mix(*(theme.rules(now, lists) for theme in tuple(THEMES.values())[:-1])),
    "nested",
)


def kinds(plan: p.Plan) -> Iterator[str]:
    """What kinds of leaves, tests, steps and constants a plan has in it."""
    for leaf in leaves(plan):
        yield type(leaf).__name__
        match leaf:
            case p.EventTest(where=where, having=having):
                yield from kinds(cast("p.Plan", where))
                yield from kinds(cast("p.Plan", having or p.Everyone()))
            case p.SequenceTest(first=first, then=then):
                for where in (first, *(one.where for one in then)):
                    yield from kinds(cast("p.Plan", where))
            case p.AggregateTest():
                yield leaf.function
                yield from _kinds_of_test(leaf.test)
            case p.ValueTest():
                yield from _kinds_of_test(leaf.test)
            case _:
                pass
        for operand in operands(leaf):
            yield type(operand.seen).__name__
            for step in operand.steps:
                yield step if isinstance(step, str) else type(step).__name__


def _kinds_of_test(test: p.Test) -> Iterator[str]:
    yield type(test).__name__
    if isinstance(test, p.Compare):
        yield type(test.constant).__name__
