"""The language reference as Markdown, made from what the code itself knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from . import check, expressions, regexps, tokens, walk
from .catalogue import CONTACT_TABLE, EVENT_COLUMNS, EVENT_TABLE, EVENT_TYPES, Catalogue
from .compile import compile_text
from .problem_codes import PROBLEM_CODES
from .problems import Problem, Refused
from .reference_entries import AGGREGATES, FORMS, FUNCTIONS, OPERATORS, Entry
from .types import NAMES

_HEAD = """# The query language

<!-- Made from the code by scripts/language_reference.py; a test holds it to that, and runs every example. -->

A segment's rules are a condition on contacts: as Carpel SQL, as a JSON document, or in one of
SendGrid's languages. All have one meaning, one canonical text, one document and one sentence.

SQL's three truths hold: a comparison with a missing value is neither true nor false, and only who
makes the condition true is in. Numbers are exact decimals, 18 digits before the point and 12 after.
Names, keywords and functions have no case; texts do.
"""


def reference(examples: Catalogue) -> str:
    """The whole page; `examples` are the names that the examples use."""
    parts = [
        _HEAD,
        "## Forms\n",
        *_entries(FORMS, examples),
        "## Operators\n",
        *_entries(OPERATORS, examples),
        "## Functions\n",
        *_entries(FUNCTIONS.values(), examples),
        "## Aggregates, in HAVING\n",
        *_entries(AGGREGATES.values(), examples),
        *_columns(),
        *_document(examples),
        *_dialects(),
        *_limits(),
        "## Problems\n\nOne answer tells of every problem, each with its place and what may help.\n",
        *_problems(examples),
    ]
    return "\n".join(parts)


def example_texts() -> list[str]:
    """Every example that is a good query."""
    entries = (*FORMS, *OPERATORS, *FUNCTIONS.values(), *AGGREGATES.values())
    return list(dict.fromkeys(entry.example for entry in entries))


def _entries(entries: Iterable[Entry], examples: Catalogue) -> Iterator[str]:
    for entry in entries:
        told = compile_text(entry.example, examples).sentence
        yield f"### `` {entry.form} ``\n" if "`" in entry.form else f"### `{entry.form}`\n"
        yield f"{entry.says}\n\n```sql\n{entry.example}\n```\n\n> {told}.\n"


def _columns() -> Iterator[str]:
    yield f"## Columns\n\n`{CONTACT_TABLE}` has each field of the workspace under its name, and\n"
    yield "`contact_id`, `list_ids`, `segment_ids`, `created_at` and `updated_at`. A field is text, a number,\na date, true or false, or a list of texts.\n"
    yield f"`{EVENT_TABLE}` has\n\n| column | type |\n|---|---|"
    for name in EVENT_COLUMNS:
        yield f"| `{name}` | {NAMES[EVENT_TYPES[EVENT_COLUMNS[name]]]} |"
    yield "| `contact_id` | text |\n| `properties.<name>`, `DATA:payload.<name>` | that of what it is compared with |\n"


def _document(examples: Catalogue) -> Iterator[str]:
    yield "## The document\n\nA program writes the same as JSON; `GET /api/v1/segments/schema` is its JSON Schema.\n"
    text = "country IN ('US', 'CA') AND NOT array_contains(list_ids, 'VIP')"
    document = '{"all": [\n  {"op": "in", "left": {"field": "country"}, "values": ["US", "CA"]},\n  {"not": {"in_lists": ["VIP"]}}\n]}'
    told = compile_text(text, examples).sentence
    yield f"```sql\n{text}\n```\n\n```json\n{document}\n```\n\n> {told}.\n"


def _dialects() -> Iterator[str]:
    yield """## SendGrid's languages

**SQL v2** is Carpel SQL, as a SELECT of `contact_id` and `updated_at`; of aggregates, only `MAX` may
be selected. An id of a list that does not exist fits no one.

**SGQL** is a bare condition. Both kinds of quotes make texts, in which a backslash escapes; back-ticks
make names. `CONTAINS(list, 'a')` is array_contains, `%%` in a pattern a plain percent sign, `+` joins
texts. Binary `-` binds loosest, then `+`, `/`, `*`, `%`. `event_type`, `event_source`,
`event_timestamp` and `event_data['key']` mean one event. Types are compared with the same type only;
what does not fit is told in SendGrid's words.
"""


def _limits() -> Iterator[str]:
    yield "## Limits\n\n| what | most |\n|---|---|"
    for what, most in (
        ("characters", tokens.LONGEST_QUERY),
        ("conditions", check.MOST_CONDITIONS),
        ("constants", check.MOST_CONSTANTS),
        ("calculations in one test", walk.MOST_OPERATORS),
        ("levels of nesting", walk.DEEPEST),
        ("events after the first in FOLLOWED BY", check.MOST_STEPS),
        ("characters of a regular expression", regexps.LONGEST),
        ("problems told before reading ends", expressions.MOST_PROBLEMS),
    ):
        yield f"| {what} | {most:,} |"
    yield ""


def _problems(examples: Catalogue) -> Iterator[str]:
    for code, (says, example) in sorted(PROBLEM_CODES.items()):
        yield f"### `{code}`\n\n{says}\n"
        if example:
            yield f"```\n{example}\n```\n"
            yield from (
                f"> {_told(one)}\n" for one in problems_of(example, examples) if one.code == code
            )


def problems_of(text: str, catalogue: Catalogue) -> list[Problem]:
    """What is wrong with a query."""
    try:
        compile_text(text, catalogue)
    except Refused as refused:
        return refused.problems
    return []


def _told(problem: Problem) -> str:
    place = f"{problem.place.line}:{problem.place.column}"
    return f"{place} {problem.message}" + (f" — {problem.hint}" if problem.hint else "")
