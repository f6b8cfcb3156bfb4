"""The languages in which rules may be written. All have one meaning underneath."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

from carpel.query.catalogue import Catalogue
from carpel.query.compile import Compiled, compile_text

Dialect = Literal["carpel", "sgql", "sql2"]
DIALECTS: tuple[str, ...] = get_args(Dialect)

_COMPILERS: dict[Dialect, Callable[[str, Catalogue], Compiled]] = {
    "carpel": compile_text,
    "sgql": compile_text,
    "sql2": compile_text,
}


def compile_in(dialect: Dialect, text: str, catalogue: Catalogue) -> Compiled:
    """Compile rules written in one of the languages.

    Raises:
        Refused: with every problem found, each with its place in the text.
    """
    return _COMPILERS[dialect](text, catalogue)
