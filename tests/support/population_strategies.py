"""Random small populations for Hypothesis, with values that meet: ties, edges, NULLs, lookalikes."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any, TypeAlias

from hypothesis import strategies as st

from support import oracle_calendar as calendar
from support.oracle_drawing import built_once
from support.oracle_reading import Kind
from support.oracle_values import text_of_instant
from support.population import BUILT_IN, Json, Population, instant

Now: TypeAlias = Callable[[], int]
"""What time it is when something is drawn; strategies are made once for each of these."""

FIELDS: dict[str, Kind] = {
    "plan": "text",
    "score": "number",
    "balance": "number",
    "active": "boolean",
    "signup": "date",
    "renewal": "date",
    "tags": "text-list",
    "two words": "number",
}
KINDS = BUILT_IN | FIELDS
LISTS = ("L1", "L2", "L3")
TYPES = ["buy", "open", "Open"]
PATHS: list[tuple[str, ...]] = [("p",), ("q",), ("deep", "er"), ("odd name",), ("select",)]

TEXTS = [
    "", "a", "A", "ab", "aB", "b", "a_b", "a%b", "axb", "a\\b", "o'n", " a ", "10", "1.0", "true", "é", "É", "ß", "İ",
    "Σ", "ς", "東京", "😀", "\uff21", "\u00a0a", "line\nbreak", "2024-02-29",
]  # fmt: skip
NUMBERS = [
    Decimal(text)
    for text in (
        "0", "1", "-1", "2", "3", "-3", "10", "0.1", "0.2", "0.3", "-0.1", "1.5", "0.333333333333", "0.000000000001",
        "-0.000000000001", "100", "1000000", "99999999999999999.5", "-123456789012345678.123456789012",
        "999999999999999999",
    )
]  # fmt: skip
EMAILS = ["ann@a.example", "Bob@B.example", "c@b.example"]
DAYS = (1, 7, 28, 29, 30, 31, 59, 90, 365, 366)
NOWS = [
    instant(text)
    for text in (
        "2026-03-31T12:00:00Z", "2024-02-29T00:00:00Z", "2025-03-01T00:00:00Z", "2026-01-31T23:59:59.999999Z",
        "2026-03-28T18:00:00Z", "2026-03-30T06:00:00Z",
        "1970-01-01T00:00:00Z", "2023-12-31T00:00:00Z",
    )
]  # fmt: skip
FAR = [
    instant(text)
    for text in (
        "0001-01-01T00:00:00Z", "1969-12-31T23:59:59.999999Z", "2000-02-29T00:00:00Z", "9999-12-31T00:00:00Z",
        "9999-12-31T23:59:59.999999Z",
    )
]  # fmt: skip

texts = st.sampled_from(TEXTS)
numbers = st.sampled_from(NUMBERS) | st.decimals(-100, 100, places=2).map(lambda one: one + 0)


@cache
def at(instant: int) -> Now:
    """A time that stays."""
    return lambda: instant


@built_once
def instants(now: Now) -> st.SearchStrategy[int]:
    """Instants near a window's edge as seen from now, or far away."""
    return _instants(now)


@st.composite
def _instants(draw: st.DrawFn, now: Now) -> int:
    if draw(st.integers(0, 5)) == 0:
        return draw(st.sampled_from(FAR))
    shift = draw(st.sampled_from((0, *DAYS))) * calendar.DAY * draw(st.sampled_from((1, -1, -1)))
    months = draw(st.sampled_from((0, 0, 1, -1, -3, -12)))
    hour = 3600 * calendar.SECOND
    nudge = draw(st.sampled_from((0, 0, 1, -1, calendar.SECOND, hour, -hour, 9 * hour)))
    return calendar.add(now(), months, shift + nudge)


@built_once
def dates(now: Now) -> st.SearchStrategy[str]:
    return instants(now).map(text_of_instant)


@built_once
def field_values(kind: Kind, now: Now) -> st.SearchStrategy[Any]:
    """JSON values of one type."""
    match kind:
        case "text":
            return texts
        case "number":
            return numbers
        case "date":
            return dates(now)
        case "boolean":
            return st.booleans()
        case _:
            return st.lists(st.sampled_from(["a", "A", "b", "é"]), max_size=3, unique=True)


@built_once
def contacts(now: Now) -> st.SearchStrategy[Json]:
    """A contact without its external_id."""
    fields = {name: field_values(kind, now) for name, kind in FIELDS.items()}
    fields |= {"country": texts, "first_name": texts, "created_at": dates(now)}
    fields["alternate_emails"] = st.lists(st.sampled_from(EMAILS), max_size=2, unique=True)
    return st.fixed_dictionaries(
        {
            "fields": st.fixed_dictionaries({}, optional=fields),
            "lists": st.lists(st.sampled_from(LISTS), max_size=2, unique=True),
        }
    )


@built_once
def property_values(path: tuple[str, ...], now: Now) -> st.SearchStrategy[Any]:
    """Mostly of one type for one property, at times as text, at times of another type."""
    written = ["true", "false", "TRUE", "1e1", "-.5", "007", "+1", " 1", "0x1", "NaN", None]
    number = numbers | numbers.map(str)
    usual: dict[str, st.SearchStrategy[Any]] = {
        "p": number | st.sampled_from([1, 2, "1", "2.0"]),
        "q": dates(now),
        "deep": texts | number,
        "odd name": st.booleans() | st.sampled_from(["true", "false"]),
    }
    anything = st.one_of(number, dates(now), texts, st.booleans(), st.sampled_from(written))
    own = usual.get(path[0], anything)
    return st.integers(0, 3).flatmap(lambda turn: own if turn else anything)


@built_once
def events(names: tuple[str, ...], now: Now) -> st.SearchStrategy[Json]:
    """Events of these contacts."""
    return _events(names, now)


@st.composite
def _events(draw: st.DrawFn, names: tuple[str, ...], now: Now) -> Json:
    paths = draw(st.lists(st.sampled_from(PATHS), max_size=3, unique=True))
    properties: Json = {}
    for path in paths:
        value = draw(property_values(path, now))
        properties[path[0]] = {path[1]: value} if len(path) > 1 else value
    event: Json = {
        "external_id": draw(st.sampled_from(names)),
        "event": draw(st.sampled_from(TYPES)),
        "time": draw(dates(now)),
        "properties": properties,
    }
    source = draw(st.sampled_from([None, "web", "mail"]))
    return event | ({"source": source} if source else {})


@st.composite
def populations(
    draw: st.DrawFn,
    people: tuple[int, int] = (1, 5),
    fewest: tuple[int, ...] = (0, 4, 8),
    most: int = 12,
) -> Population:
    """Up to so many contacts and events, and at times at least so many."""
    now = draw(st.sampled_from(NOWS)) + draw(st.sampled_from((0, 0, 1, calendar.DAY)))
    names = tuple(f"c{number}" for number in range(draw(st.integers(*people))))
    known = [
        {"external_id": name, **draw(contacts(at(now))), "posted": text_of_instant(now)}
        for name in names
    ]
    happened = draw(
        st.lists(events(names, at(now)), min_size=draw(st.sampled_from(fewest)), max_size=most)
    )
    return Population(now, list(LISTS), dict(FIELDS), known, happened)
