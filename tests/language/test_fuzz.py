"""Whatever is sent: an answer, or a refusal that says where; and what is taken, the oracle confirms."""

from __future__ import annotations

import copy
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import given, strategies as st

from carpel.query.compile import Compiled, compile_document, compile_text
from carpel.query.dialects import Dialect
from carpel.query.problems import Problem, Refused
from carpel.query.sgql.tree import sgql_tree
from support.oracle import members
from support.oracle_calendar import OffTheCalendar
from support.oracle_cases import filled, read_cases
from support.oracle_drawing import examples, mix
from support.oracle_values import Unanswerable
from support.population import Population
from support.population_town import Town

CASES = read_cases(Path(__file__).parent / "cases")
TEXTS = [case.query for case in CASES if not case.is_document and len(case.query) < 1000]
DOCUMENTS = [case for case in CASES if case.is_document and len(case.query) < 1000]
LISTS = {name: name for name in ("VIP", "News", "Empty")}  # documents name them by name
WORDS = """
SELECT contact_id updated_at FROM contact_data event_data e c JOIN INNER ON WHERE GROUP BY HAVING AND OR NOT IN
IS NULL TRUE FALSE LIKE ILIKE BETWEEN DISTINCT INTERVAL TIMESTAMP DATE DAY MONTH DAYS AS LIMIT UNION DROP
score balance active signup country tags list_ids email created_at "order" `plan` nothing event_type timestamp
properties.amount e.properties.sku c.contact_id e.contact_id DATA:payload.x COUNT(*) COUNT( SUM( AVG( MIN( LOWER(
FOLLOWED BY WITHIN SEGMENT FIRST( LAST( START_OF( 'month' 'Europe/Paris' DAYS_TO_ANNIVERSARY( RANDOM_BUCKET(
regexp_like( '^a.*$' '[' CONCAT( || 'i' contains( segment_ids event_data['x']
LENGTH( NOW() array_contains( timestampadd( CURRENT_TIMESTAMP 'US' '2026-01-01' 'VIP' '30' 0 1 10 0.1 1e6 1e400 0.1e567018915
1e-999999999 .5 = != <> < <= >= + - * / % ( ) [ ] , . ; : '' ' " ` -- /* */ ? \\ \x00 é 😀
""".split()  # noqa: SIM905 (as people would list them)
GLUE = ["", " ", " ", " ", "\n", "/**/", "--\n"]


@st.composite
def spliced(draw: st.DrawFn) -> str:
    """Words of the language in no order."""
    words = draw(st.lists(st.sampled_from(WORDS), max_size=15))
    return "".join(word + draw(st.sampled_from(GLUE)) for word in words)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A case with a few pieces cut out, doubled, moved or put in."""
    text = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 12)))
        other = draw(st.sampled_from(TEXTS))
        piece = other[draw(st.integers(0, len(other))) :][: draw(st.integers(0, 40))]
        put = draw(mix(st.sampled_from(WORDS), st.just(""), st.just(piece), st.text(max_size=3)))
        text = text[:start] + put + text[end:]
    return text


@st.composite
def stretched(draw: st.DrawFn) -> str:
    """Too many of something, one in another or one after another."""
    many = draw(st.sampled_from((10, 30, 58, 62, 66, 100, 1_500)))
    opening, middle, closing = draw(
        st.sampled_from(
            [
                ("(", "score = 1", ")"), ("NOT ", "active", ""), ("(", "score", ")"), ("LOWER(", "country", ")"),
                ("-", "score", ""), ("1 + ", "score = 1", ""), ("2 * ", "score > 1", ""), ("(1 - ", "score", ")"),
                ("score = 1 OR ", "TRUE", ""), ("(active AND ", "TRUE", ")"), ("NOT (active OR ", "TRUE", ")"),
                ("[", "1", "]"), ("NOT contact_id IN (SELECT contact_id FROM event_data WHERE ", "TRUE", ")"),
                ("score - (", "1", ")"), ("score / ", "score > 1", ""), ("/*", "*/ active", ""), ("a.", "a = 1", ""),
            ]
        )
    )  # fmt: skip
    tail = draw(st.sampled_from(("", " = 1", " AND active")))
    return opening * many + middle + closing * many + tail


texts = mix(spliced(), mutated(), mutated(), mutated(), stretched(), st.text(max_size=60))


@examples(700)
@given(text=texts)
def test_any_text_is_taken_or_refused_with_places(
    text: str, town: Town, population: Population
) -> None:
    text = filled(text, town.list_ids)
    try:
        compiled = compile_text(text, town.names)
    except Refused as refused:
        for problem in refused.problems:
            _check_place(problem, text)
    else:
        _check_taken(compiled, town, population)


@examples(400)
@given(text=texts, dialect=st.sampled_from(("sgql", "sql2")))
def test_any_text_of_the_vendors_languages_too(
    text: str, dialect: Dialect, town: Town, population: Population
) -> None:
    text = filled(text, town.list_ids)
    try:
        compiled = compile_text(text, town.names, dialect)
    except Refused as refused:
        for problem in refused.problems:
            _check_place(problem, text)
    else:
        _check_taken(compiled, town, population)
        if dialect == "sgql":
            assert set(sgql_tree(text)) == {"contacts"}


@examples(300)
@given(text=texts, data=st.data())
def test_anything_can_be_completed_anywhere(text: str, data: st.DataObject, town: Town) -> None:
    cursor = data.draw(st.integers(0, len(text)))
    found = town.service.assistant.complete(town.workspace, text, cursor)
    assert 0 <= found.start <= cursor


@st.composite
def mutated_documents(draw: st.DrawFn) -> Any:
    """A case's document with parts of it replaced, renamed, cut out or doubled."""
    case = draw(st.sampled_from(DOCUMENTS))
    document = copy.deepcopy(case.document(LISTS))
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.sampled_from(_places(document)))
        other = draw(st.sampled_from(DOCUMENTS)).document(LISTS)
        part = _at(other, draw(st.sampled_from(_places(other))))
        piece = draw(mix(json_values, st.just(part)))
        document = _put(document, place, copy.deepcopy(piece))
    return document


leaves = mix(
    st.none() | st.booleans(),
    st.integers(-10, 10) | st.sampled_from([10**30, Decimal("0.1"), Decimal("1e-999999999"), 1.5]),
    st.sampled_from(["score", "country", "signup", "tags", "list_ids", "=", "<", "in", "not like", "count", "+", "a"]),
    st.text(max_size=3),
)  # fmt: skip
keys = st.sampled_from(
    """
    all any not op left right low high values pattern field event property timestamp now interval months
    seconds function of math aggregate events where having in_lists everyone x a/b in_segments sequence first
    then within regexp concat start_of shift zone days_to_anniversary random_bucket salt ignore_case
    """.split()  # noqa: SIM905 (the same)
)
json_values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)


@examples(500)
@given(document=mix(mutated_documents(), mutated_documents(), json_values))
def test_any_document_is_taken_or_refused_with_places(
    document: Any, town: Town, population: Population
) -> None:
    try:
        compiled = compile_document(document, town.names)
    except Refused as refused:
        for problem in refused.problems:
            pointer = problem.place.pointer
            assert pointer is not None
            assert pointer == "" or pointer.startswith("/")
    else:
        _check_taken(compiled, town, population)


def _check_place(problem: Problem, text: str) -> None:
    place = problem.place
    assert place.pointer is None
    assert problem.code
    assert problem.message
    assert 0 <= place.offset <= place.offset + place.length <= len(text)
    before = text[: place.offset]
    assert place.line == before.count("\n") + 1
    assert place.column == place.offset - (before.rfind("\n") + 1) + 1


def _check_taken(compiled: Compiled, town: Town, population: Population) -> None:
    """It has every form, and each says the same; it can be evaluated, and the oracle agrees."""
    again = compile_text(compiled.canonical, town.names)
    assert again.canonical == compiled.canonical
    assert compile_document(compiled.document, town.names).canonical == compiled.canonical
    found, people = town.evaluate(compiled, population.now)
    assert found.until > population.now
    with suppress(Unanswerable, OffTheCalendar):
        assert people == members(compiled.condition, town.world, population.now)


def _places(document: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all parts of a document."""
    inner: list[tuple[Any, Any]] = []
    if isinstance(document, dict):
        inner = list(document.items())
    elif isinstance(document, list):
        inner = list(enumerate(document))
    return [at, *(path for key, value in inner for path in _places(value, (*at, key)))]


def _at(document: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        document = document[key]
    return document


def _put(document: Any, path: tuple[Any, ...], piece: Any) -> Any:
    if not path:
        return piece
    _at(document, path[:-1])[path[-1]] = piece
    return document
