"""Random meanings for Hypothesis, typed so that nearly all of them compile."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal, TypeAlias, cast, get_args

from hypothesis import strategies as st

from carpel.query import meaning as m
from support.oracle_calendar import DAY, SECOND
from support.oracle_drawing import built_once, mix
from support.oracle_values import text_of_instant
from support.population_strategies import (
    DAYS,
    EMAILS,
    KINDS,
    NUMBERS,
    PATHS,
    TEXTS,
    TYPES,
    Now,
    instants,
)

Where: TypeAlias = Literal["contact", "event"]
Values: TypeAlias = st.SearchStrategy[m.Value]
Conditions: TypeAlias = st.SearchStrategy[m.Condition]

EQUALITIES: tuple[m.Operator, ...] = ("=", "!=", "is distinct from", "is not distinct from")
OPERATORS: tuple[m.Operator, ...] = (*EQUALITIES, "<", "<=", ">", ">=")
FINE = [
    Decimal(text)
    for text in (
        "0.3333333333335", "0.1234567890125", "-0.0000000000005", "1e-20", "-1e-50", "999999999999999999.25",
        "0.5", "33.3333333333333333333333333333",
    )
]  # fmt: skip

operators = st.sampled_from(OPERATORS)
constant_texts = st.sampled_from([*TEXTS, *TYPES, "web", "mail", "c0", "c1"]).map(m.Constant)
constant_numbers = st.sampled_from(NUMBERS).map(m.Constant)
thresholds = constant_numbers | st.sampled_from(FINE).map(m.Constant)
lengths = mix(
    st.sampled_from(DAYS).map(lambda days: m.Duration(0, days * DAY)),
    st.sampled_from((0, 1, SECOND, 90 * 60 * SECOND)).map(lambda length: m.Duration(0, length)),
)
zones = st.sampled_from(
    ("UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland", "Asia/Beirut")
)
units: st.SearchStrategy[m.CalendarUnit] = st.sampled_from(get_args(m.CalendarUnit))
starts = st.builds(m.StartOf, units, st.integers(-3, 2), zones)
expressions = st.sampled_from(
    [
        "a",
        "^a",
        "b$",
        "^$",
        "[^a-c]",
        "(a|é)+x?",
        "^.{2,3}$",
        r"\d",
        r"\.",
        "^(?:[a-c]|X)*$",
        "A.*?b",
    ]
)
moving_lengths = lengths | st.sampled_from((1, 2, 3, 12)).map(lambda months: m.Duration(months, 0))


# ------------------------------------------------------------------------- values


@built_once
def columns(kind: str, where: Where) -> Values:
    """Columns of this type, and properties, which take any."""
    if where == "contact":
        names = [name for name, its in KINDS.items() if its == kind and name != "contact_id"]
        return st.sampled_from(names).map(m.Field)
    properties: Values = st.sampled_from(PATHS).map(m.Property)
    own: dict[str, list[m.EventColumnName]] = {
        "text": ["event_type", "event_source", "event_id"],
        "date": ["timestamp"],
    }
    if kind not in own:
        return properties
    return st.sampled_from(own[kind]).map(m.EventColumn) | properties


@built_once
def words(where: Where) -> Values:
    """Text columns, bare or in functions."""
    plain = columns("text", where)
    names = st.sampled_from(("lower", "upper", "trim"))
    within: Values = st.builds(m.Function, cast("Any", names), plain)
    twice: Values = st.builds(m.Function, cast("Any", names), within)
    parts = st.lists(plain | within | constant_texts, max_size=2).map(tuple)
    joined: Values = st.builds(lambda one, more: m.concat((one, *more)), plain, parts)
    return mix(plain, plain, within, twice, joined)


@built_once
def counted(where: Where) -> Values:
    """Numbers that are looked at: a column, a length, a remainder."""
    plain = columns("number", where)
    divisors = st.sampled_from([Decimal("0.3"), Decimal(2), Decimal(-3), Decimal(10)])
    return mix(
        plain,
        plain,
        plain,
        words(where).map(lambda text: m.Function("length", text)),
        st.builds(m.Math, st.just("%"), plain, divisors.map(m.Constant)),
        st.builds(m.DaysToAnniversary, columns("date", where), zones),
    )


@built_once
def calculated(where: Where) -> Values:
    """Numbers, and up to three steps of arithmetic on them."""
    parts = counted(where) | constant_numbers
    steps = cast("Any", st.sampled_from(("+", "-", "*", "/")))
    once: Values = st.builds(m.Math, steps, parts, parts)
    twice: Values = st.builds(m.Math, steps, once, parts | once)
    return mix(counted(where), once, once, twice)


@built_once
def moments(now: Now) -> Values:
    """Points in time: fixed, now, or moving with it."""
    signs = cast("Any", st.sampled_from(("+", "-", "-", "-")))
    shifted: Values = st.builds(m.Math, signs, st.just(m.Now()), moving_lengths)
    fixed: Values = instants(now).map(lambda at: m.Timestamp(text_of_instant(at)))
    started: Values = mix(starts, st.builds(m.Math, signs, starts, lengths))
    return mix(shifted, shifted, fixed, st.just(m.Now()), started)


# -------------------------------------------------------------------------- tests


def comparisons(left: Values, right: Values) -> Conditions:
    """Either way round; an order where there is one."""
    return mix(
        st.builds(m.Compare, operators, left, right), st.builds(m.Compare, operators, right, left)
    )


@built_once
def text_tests(where: Where) -> Conditions:
    text = words(where)
    patterns = st.lists(
        st.sampled_from(["a", "A", "%", "_", "b", "\\%", "\\_", "\\\\", "\\a", "é", "'", "x"]),
        max_size=4,
    ).map("".join)
    return mix(
        comparisons(text, constant_texts),
        st.builds(m.Compare, operators, columns("text", "contact"), words("contact"))
        if where == "contact"
        else st.builds(m.Compare, operators, st.just(m.EventColumn("event_type")), text),
        st.builds(m.Like, text, patterns, st.booleans(), st.booleans()),
        st.builds(m.Regexp, text, expressions, st.booleans()),
        st.builds(m.Between, text, constant_texts, constant_texts, st.booleans()),
        one_of(text, constant_texts),
    )


def one_of(value: Values, constants: st.SearchStrategy[m.Constant]) -> Conditions:
    options = st.lists(
        mix(constants, constants, constants, constants, st.just(m.Constant(None))),
        min_size=1,
        max_size=4,
    )
    return st.builds(m.OneOf, value, options.map(tuple), st.booleans())


@built_once
def number_tests(where: Where) -> Conditions:
    return mix(
        comparisons(counted(where), thresholds),
        comparisons(calculated(where), thresholds),
        comparisons(calculated(where), columns("number", "contact"))
        if where == "contact"
        else comparisons(calculated(where), thresholds),
        st.builds(m.Between, calculated(where), thresholds, thresholds, st.booleans()),
        one_of(counted(where), thresholds),
    )


@built_once
def date_tests(where: Where, now: Now) -> Conditions:
    dates, gaps = columns("date", where), moving_lengths
    since = st.builds(m.Math, st.just("-"), st.just(m.Now()), dates)
    until = st.builds(m.Math, st.just("-"), dates, st.just(m.Now()))
    between = st.builds(m.Math, st.just("-"), dates, dates)
    signs = cast("Any", st.sampled_from(("+", "-")))
    moved = st.builds(m.Math, signs, dates, lengths)
    written = instants(now).map(lambda at: m.Constant(text_of_instant(at)))
    tests = [
        comparisons(dates, moments(now)),
        comparisons(dates, moments(now)),
        comparisons(moved, moments(now)),
        comparisons(since, gaps),
        comparisons(until, gaps),
        st.builds(m.Between, dates, moments(now), moments(now), st.booleans()),
    ]
    if where == "contact":
        own = [
            comparisons(dates, dates),
            comparisons(between, lengths),
            comparisons(dates, written),
        ]
        tests += [*own, one_of(dates, written)]
    return mix(*tests)


@built_once
def boolean_tests(where: Where) -> Conditions:
    flags = columns("boolean", where)
    return mix(
        st.builds(m.Compare, st.sampled_from(EQUALITIES), flags, st.booleans().map(m.Constant)),
        one_of(flags, st.booleans().map(m.Constant)),
    )


@built_once
def presence_tests(where: Where) -> Conditions:
    kinds = ("text", "number", "date", "boolean", "text-list")
    value = mix(*(columns(kind, where) for kind in kinds[: 5 if where == "contact" else 3]))
    distinct = st.sampled_from(EQUALITIES[2:])
    seen: Values = value if where == "event" else mix(*(columns(kind, where) for kind in kinds[:4]))
    return mix(
        st.builds(m.Missing, value | words(where), st.booleans()),
        st.builds(m.Compare, distinct, seen, st.just(m.Constant(None))),
    )


@built_once
def mixed_tests() -> Conditions:
    """A property among constants of several types."""
    constants = mix(constant_texts, constant_numbers, st.booleans().map(m.Constant))
    return one_of(st.sampled_from(PATHS).map(m.Property), constants)


@built_once
def list_tests(list_ids: tuple[str, ...]) -> Conditions:
    members = st.lists(
        st.sampled_from(["a", "A", "b", "z", "b.example", "example.com", EMAILS[0]]),
        min_size=1,
        max_size=2,
        unique=True,
    )
    lists = st.lists(st.sampled_from(list_ids), min_size=1, max_size=2, unique=True)
    return mix(
        st.builds(m.InLists, lists.map(tuple)),
        st.builds(
            m.Contains,
            st.sampled_from(("tags", "email_domains", "alternate_emails")).map(m.Field),
            members.map(lambda some: tuple(map(m.Constant, some))),
        ),
    )


# --------------------------------------------------------------------------- trees


def joined(tests: Conditions) -> Conditions:
    """The tests under AND, OR and NOT, as flat as the language keeps them."""
    return st.recursive(
        tests,
        lambda inner: mix(
            inner.map(m.Not),
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: m.both(tuple(parts))),
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: m.either(tuple(parts))),
        ),
        max_leaves=4,
    )


@built_once
def row_tests(where: Where, now: Now) -> Conditions:
    return mix(
        text_tests(where),
        text_tests(where),
        number_tests(where),
        number_tests(where),
        number_tests(where),
        date_tests(where, now),
        date_tests(where, now),
        date_tests(where, now),
        boolean_tests(where),
        presence_tests(where) | st.just(m.Everyone()),
    )


@built_once
def aggregate_tests(now: Now) -> Conditions:
    properties: Values = st.sampled_from(PATHS).map(m.Property)
    counted_columns: list[m.EventColumnName] = ["event_type", "event_source", "timestamp"]
    anything: Values = properties | st.sampled_from(counted_columns).map(m.EventColumn)
    plain: tuple[m.Operator, ...] = ("=", "!=", "<", "<=", ">", ">=")
    few = st.integers(0, 4).map(lambda number: m.Constant(Decimal(number)))
    counts: Values = mix(
        st.just(m.Aggregate("count", None)),
        st.builds(m.Aggregate, st.sampled_from(("count", "count distinct")), anything),
    )
    totals = cast("Any", st.sampled_from(("sum", "avg", "min", "max", "first", "last")))
    sums: Values = st.builds(m.Aggregate, totals, properties)
    ends = cast("Any", st.sampled_from(("min", "max", "first", "last")))
    stamps: Values = st.builds(m.Aggregate, ends, st.just(m.EventColumn("timestamp")) | properties)
    names: Values = st.builds(m.Aggregate, ends, st.just(m.EventColumn("event_type")) | properties)
    chosen = st.sampled_from(plain)
    return mix(
        st.builds(m.Compare, chosen, counts, few),
        st.builds(m.Compare, chosen, few, counts),
        st.builds(m.Between, counts, few, few, st.booleans()),
        st.builds(m.OneOf, counts, st.lists(few, min_size=1, max_size=3).map(tuple), st.booleans()),
        st.builds(m.Compare, chosen, sums, thresholds),
        st.builds(m.Compare, chosen, sums, thresholds),
        st.builds(m.Compare, chosen, sums, thresholds),
        st.builds(m.Between, sums, thresholds, thresholds, st.booleans()),
        st.builds(m.Compare, chosen, stamps, moments(now)),
        st.builds(m.Compare, chosen, stamps, moments(now)),
        st.builds(m.Compare, chosen, names, constant_texts),
        st.builds(m.OneOf, sums, st.lists(thresholds, min_size=1).map(tuple), st.booleans()),
    )


@built_once
def event_conditions(now: Now) -> Conditions:
    """There are events; nearly always of one type, as people ask."""
    of_type = st.sampled_from(TYPES).map(
        lambda name: m.Compare("=", m.EventColumn("event_type"), m.Constant(name))
    )
    tests = row_tests("event", now) | mixed_tests()
    where = mix(
        st.none(),
        tests,
        joined(tests),
        st.builds(lambda one, more: m.both((one, more)), of_type, joined(tests)),
        of_type,
    )
    having = mix(st.none(), joined(aggregate_tests(now)), aggregate_tests(now))
    return st.builds(m.Events, where, having)


@built_once
def sequences(now: Now) -> Conditions:
    """Events one after another, each mostly of a type."""
    of_type = st.sampled_from(TYPES).map(
        lambda name: m.Compare("=", m.EventColumn("event_type"), m.Constant(name))
    )
    one = mix(of_type, of_type, row_tests("event", now), st.just(m.Everyone()))
    spans = st.none() | st.sampled_from((1, SECOND, 3600 * SECOND, DAY, 30 * DAY)).map(
        lambda length: m.Duration(0, length)
    )
    steps = st.lists(st.builds(m.Then, one, spans), min_size=1, max_size=2)
    return st.builds(m.Sequence, one, steps.map(tuple))


@built_once
def conditions(now: Now, list_ids: tuple[str, ...]) -> Conditions:
    """Whole meanings."""
    events = event_conditions(now)
    rows = row_tests("contact", now)
    tests = mix(rows, rows, rows, events, events, events, list_tests(list_ids), sequences(now))
    return joined(tests)
