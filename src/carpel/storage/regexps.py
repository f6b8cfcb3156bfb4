"""Regular expressions, fitted by the column store's own engine so that they mean the same everywhere."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import duckdb

_AS_WRITTEN = "SELECT regexp_matches(text, ?, 'c') FROM texts"
_IGNORING_CASE = "SELECT regexp_matches(text, ?, 'i') FROM texts"

_lock = threading.Lock()
_connections: list[duckdb.DuckDBPyConnection] = []


def fitting(pattern: str, texts: Sequence[str], *, ignore_case: bool) -> list[bool]:
    """For each text, whether the expression fits somewhere in it. Thread-safe.

    Args:
        pattern: one that `query/regexps.py` takes.
        texts: as many as fit into memory; one question to the engine for all.
        ignore_case: whether letters stand for their capitals, too.
    """
    import pyarrow as pa  # noqa: PLC0415  (takes a while to load)

    statement = _IGNORING_CASE if ignore_case else _AS_WRITTEN
    with _lock:
        if not _connections:
            _connections.append(duckdb.connect(config={"threads": 1}))
        (connection,) = _connections
        connection.register("texts", pa.table({"text": pa.array(texts, pa.string())}))
        try:
            # The empty group keeps the store from making something else of a simple pattern.
            found = connection.execute(statement, ["()" + pattern]).fetchall()
        finally:
            connection.unregister("texts")
    return [bool(one) for (one,) in found]
