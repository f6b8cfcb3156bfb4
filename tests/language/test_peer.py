"""Another reader: sqlglot takes canonical texts for SQL of Snowflake's dialect, and groups them alike."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from carpel.query.compile import compile_text
from support.oracle_cases import Case, filled, read_cases
from support.population_town import Town

CASES = [case for case in read_cases(Path(__file__).parent / "cases") if not case.problems]

# What only Carpel reads, and why.
OURS = {
    "properties.select": "after a dot any word is a name here; there, keywords need quotes",
    " FOLLOWED BY ": "there, sequences are joins of a table with itself",
}
# What the peer writes in another way than it was written, and how.
REWRITTEN = {
    " NOT IN ": "NOT x IN …, or x <> ALL (SELECT …)",
    " NOT BETWEEN ": "NOT x BETWEEN …",
    " NOT LIKE ": "NOT x LIKE …",
    " NOT ILIKE ": "NOT x ILIKE …",
    " IS NOT NULL": "NOT x IS NULL",
    "TIMESTAMP '": "CAST('…' AS TIMESTAMP)",
    "''": "with a backslash before the quote",
    "\\": "there a backslash escapes in every text, here in patterns only",
}


def _cases_without(forms: dict[str, str]) -> pytest.MarkDecorator:
    kept = [case for case in CASES if not any(form in case.canonical for form in forms)]
    return pytest.mark.parametrize("case", [pytest.param(case, id=case.where) for case in kept])


def _read(text: str) -> exp.Select:
    found = sqlglot.parse_one(f"SELECT contact_id FROM contact_data WHERE {text}", read="snowflake")
    assert isinstance(found, exp.Select)
    return found


@_cases_without(OURS)
def test_a_peer_reads_the_canonical_text(case: Case) -> None:
    found = _read(case.canonical)
    assert not list(found.find_all(exp.Command)), "it was not understood, only kept as text"


@_cases_without(OURS | REWRITTEN)
def test_a_peer_groups_it_alike(case: Case, town: Town) -> None:
    canonical = filled(case.canonical, town.list_ids)
    where: exp.Expression = _read(canonical).args["where"]
    for node in list(where.find_all(exp.Connector, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod)):
        if not isinstance(node.parent, exp.Paren):
            node.replace(exp.Paren(this=node.copy()))
    spelled_out = where.this.sql(dialect="snowflake")
    assert compile_text(spelled_out, town.names).canonical == canonical


@pytest.mark.parametrize("form", OURS)
def test_what_is_ours_is_still_not_read(form: str) -> None:
    with pytest.raises(sqlglot.ParseError):
        _read(f"{form} = 1")
