"""The whole way: text or document to everything the product keeps of a query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from carpel.engine.plan import Plan

from . import document as documents
from .catalogue import Catalogue
from .check import check
from .lower import lower
from .meaning import Condition
from .parse import parse
from .problems import Complaints
from .render import render
from .resolve import resolve
from .sentence import sentence


@dataclass(frozen=True)
class Compiled:
    """A query that can be kept exact: its meaning in every form."""

    condition: Condition
    plan: Plan
    document: dict[str, Any]
    canonical: str
    sentence: str


def compile_text(text: str, catalogue: Catalogue) -> Compiled:
    """Compile a SELECT or a bare condition.

    Raises:
        Refused: with every problem found, each with its place in the text.
    """
    complaints = Complaints()
    condition = resolve(parse(text), catalogue, complaints)
    return _finish(condition, catalogue, complaints)


def compile_document(document: Any, catalogue: Catalogue) -> Compiled:
    """Compile a JSON document.

    Raises:
        Refused: with every problem found, each with a JSON pointer to its place.
    """
    complaints = Complaints()
    condition = documents.read(document, catalogue, complaints)
    complaints.raise_if_any()
    return _finish(condition, catalogue, complaints)


def _finish(condition: Condition, catalogue: Catalogue, complaints: Complaints) -> Compiled:
    check(condition, catalogue, complaints)
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
