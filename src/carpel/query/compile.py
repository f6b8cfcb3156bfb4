"""The whole way: text or document to everything the product keeps of a query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from carpel.engine.plan import Plan

from . import document as documents, document_reader
from .catalogue import Catalogue
from .check import Checker
from .dialects import Dialect
from .lower import lower
from .meaning import Condition
from .parse import parse
from .problems import Complaints
from .render import render
from .resolve import resolve
from .sentence import sentence
from .sgql.check import SgqlChecker
from .sgql.parse import parse_sgql


@dataclass(frozen=True)
class Compiled:
    """A query that can be kept exact: its meaning in every form."""

    condition: Condition
    plan: Plan
    document: dict[str, Any]
    canonical: str
    sentence: str


def compile_text(text: str, catalogue: Catalogue, dialect: Dialect = "carpel") -> Compiled:
    """Compile a query written in one of the languages.

    Raises:
        Refused: with every problem found, each with its place in the text.
    """
    complaints = Complaints()
    parsed = parse_sgql(text, complaints) if dialect == "sgql" else parse(text, complaints)
    condition = resolve(parsed, catalogue, complaints, dialect)
    checker = SgqlChecker if dialect == "sgql" else Checker
    return _finish(condition, catalogue, complaints, checker)


def compile_document(document: Any, catalogue: Catalogue) -> Compiled:
    """Compile a JSON document.

    Raises:
        Refused: with every problem found, each with a JSON pointer to its place.
    """
    complaints = Complaints()
    condition = document_reader.read(document, catalogue, complaints)
    complaints.raise_if_any()
    return _finish(condition, catalogue, complaints)


def _finish(
    condition: Condition,
    catalogue: Catalogue,
    complaints: Complaints,
    checker: type[Checker] = Checker,
) -> Compiled:
    checker(catalogue, complaints).whole(condition)
    complaints.raise_if_any()
    plan = lower(condition, catalogue, complaints)
    complaints.raise_if_any()
    return Compiled(
        condition=condition,
        plan=plan,
        document=documents.write(condition),
        canonical=render(condition),
        sentence=sentence(condition, catalogue),
    )
