"""Coverage-guided fuzzing of the languages: uv run --with atheris scripts/fuzz_language.py [-max_total_time=300].

Whatever the bytes: an answer or a refusal, in every language and as a document, and something to complete.
"""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from typing import Any

import atheris  # type: ignore[import-untyped]  # only where it is asked for

with atheris.instrument_imports(include=["carpel.query"]):
    from carpel.query.compile import compile_document, compile_text
    from carpel.query.completion import expected
    from carpel.query.example_names import ExampleNames
    from carpel.query.problems import Refused

NAMES = ExampleNames()


def one(data: bytes) -> None:
    """One input: its first byte chooses what it is taken for."""
    if not data:
        return
    text = data[1:].decode("utf-8", errors="replace")
    try:
        match data[0] % 5:
            case 0:
                _again(compile_text(text, NAMES))
            case 1:
                _again(compile_text(text, NAMES, "sql2"))
            case 2:
                _again(compile_text(text, NAMES, "sgql"))
            case 3:
                _again(compile_document(_json(text), NAMES))
            case _:
                found = expected(text, len(text) // 2)
                assert 0 <= found.start <= len(text)  # noqa: S101
    except Refused:
        return


def _json(text: str) -> Any:
    try:
        return json.loads(text, parse_float=Decimal)
    except (json.JSONDecodeError, RecursionError, ValueError):
        return None


def _again(compiled: Any) -> None:
    assert compile_text(compiled.canonical, NAMES).canonical == compiled.canonical  # noqa: S101
    assert compile_document(compiled.document, NAMES).condition == compiled.condition  # noqa: S101


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
