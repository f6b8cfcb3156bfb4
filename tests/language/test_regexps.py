"""Regular expressions: those that are taken mean the same to the engine and to Python's own."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import given, strategies as st

from carpel.query.compile import compile_text
from carpel.query.regexps import BadRegexp, check_regexp
from support.oracle_drawing import examples
from support.oracle_reading import regexp
from support.population import FreeClock, Population, caller, running
from support.population_town import Town, found_town

TEXTS = [
    "",
    "a",
    "b",
    "ab",
    "abc",
    "aab",
    "A",
    "é",
    "a b",
    "a-1",
    "_",
    "1",
    "12",
    "a1",
    "x.y",
    "a\nb",
    "$",
    "(a)",
    "[b]",
]
PIECES = [
    "a", "b", "c", "A", "1", " ", "-", "_", "é", ".", r"\d", r"\D", r"\w", r"\W", r"\s", r"\S", r"\b", r"\B", r"\.", r"\$",
    r"\(", r"\n", "[ab]", "[^a]", "[a-c1]", "[.]", r"[\d_]", "[-a]", "(", "(?:", ")", "|", "*", "+", "?", "{2}", "{1,}", "{0,2}",
    "*?", "^", "$", "[", "]", "{", "\\", "(?=", "(?i)", "[]", "[z-a]", "**", r"\1",
]  # fmt: skip


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    people = [
        {"external_id": f"t{number}", "fields": {"word": text}, "posted": "2026-01-01T00:00:00Z"}
        for number, text in enumerate(TEXTS)
    ]
    clock = FreeClock()
    with running(tmp_path_factory.mktemp("texts"), clock) as (service, transport):
        workspace = service.workspaces.read("default")
        population = Population(1_767_225_600_000_000, [], {"word": "text"}, people, [])
        yield found_town(service, clock, workspace, caller(transport, "default"), population)


patterns = st.lists(st.sampled_from(PIECES), min_size=1, max_size=7).map("".join)


def test_what_is_taken_means_the_same(texts: Town) -> None:
    taken = 0

    @examples(400)
    @given(patterns, st.booleans())
    def same(pattern: str, ignore_case: bool) -> None:  # noqa: FBT001
        nonlocal taken
        try:
            check_regexp(pattern)
        except BadRegexp:
            return
        taken += 1
        re.compile(pattern)
        option = ", 'i'" if ignore_case else ""
        quoted = pattern.replace("'", "''")
        compiled = compile_text(f"regexp_like(word, '{quoted}'{option})", texts.names)
        _, found = texts.evaluate(compiled, texts.clock.at)
        if r"\B" in pattern:
            return  # before 3.14, Python finds no \B in an empty text
        if pattern.count("$") == pattern.endswith("$") - pattern.endswith(r"\$"):
            expected = {
                f"t{n}" for n, text in enumerate(TEXTS) if regexp(text, pattern, ignore_case)
            }
            assert found == expected

    same()
    assert taken > 100


@pytest.mark.parametrize(
    "pattern",
    [
        "(", ")", "[", "a{", "*a", "a**", "(?=a)", "(?i)a", r"\1", r"\p{L}", "[z-a]", "a{2,1}", "a{101}", "^*", "]", "}", "[[:alpha:]]",
        "((a{100}){100}){100}", "(" * 40 + ")" * 40, "a" * 1001, "\\", r"\é",
    ],
)  # fmt: skip
def test_what_is_not_taken(pattern: str) -> None:
    with pytest.raises(BadRegexp):
        check_regexp(pattern)
