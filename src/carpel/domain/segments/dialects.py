"""The languages in which rules may be written. All have one meaning underneath."""

from __future__ import annotations

from typing import Any, get_args

from carpel.query.catalogue import Catalogue
from carpel.query.compile import Compiled, compile_text
from carpel.query.dialects import Dialect
from carpel.query.sgql.tree import sgql_tree

__all__ = ["DIALECTS", "Dialect", "compile_in", "written_tree"]

DIALECTS: tuple[str, ...] = get_args(Dialect)


def compile_in(dialect: Dialect, text: str, catalogue: Catalogue) -> Compiled:
    """Compile rules written in one of the languages.

    Raises:
        Refused: with every problem found, each with its place in the text.
    """
    return compile_text(text, catalogue, dialect)


def written_tree(dialect: Dialect, text: str) -> dict[str, Any] | None:
    """Rules in SGQL as a tree, just as they were written; None for the other languages."""
    return sgql_tree(text) if dialect == "sgql" else None
