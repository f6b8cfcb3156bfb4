"""Columns of few different texts, read piece by piece.

The store looks up each text among those that were met before and sends its place: where rows are
kept with a dictionary it does that once for each entry, where a text for each row would have to be
written, sent and looked up here.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from carpel.engine.column_printer import Seen, Texts as Asked

from .coding import Array, column_of

_MOST = 100  # texts; without a dictionary each row is compared with one after the other
_MISSES = 3  # so often a piece may have to be read again because there was a new text


class Texts:
    """What was met so far. Any number of threads may read."""

    def __init__(self) -> None:
        self._met: dict[Seen, dict[str | None, None]] = {}
        self._misses: Counter[Seen] = Counter()
        self._changing = threading.Lock()

    def columns(
        self, seen: Sequence[Seen], fetch: Callable[[Asked], Any]
    ) -> tuple[Any, list[Array]]:
        """Read a piece: all of its table, and what is seen (v0, …), texts as dictionary arrays.

        Args:
            seen: the columns.
            fetch: reads the same piece each time, looking up these texts.
        """
        asked = self._asked(seen)
        table = fetch(asked)
        new = [
            one for place, one in enumerate(seen)
            if one in asked and table.column(f"v{place}").null_count
        ]  # fmt: skip
        if new:
            self._missed(new)
            asked = {one: texts for one, texts in asked.items() if one not in new}
            table = fetch(asked)
        arrays = [
            self._array(one, column_of(table, f"v{place}"), asked)
            for place, one in enumerate(seen)
        ]  # fmt: skip
        return table, arrays

    def _asked(self, seen: Sequence[Seen]) -> Asked:
        with self._changing:
            return {
                one: [*self._met[one], None]  # finds what is NULL
                for one in seen
                if self._met.get(one) and self._misses[one] <= _MISSES
            }

    def _missed(self, columns: Sequence[Seen]) -> None:
        with self._changing:
            self._misses.update(columns)

    def _array(self, one: Seen, array: Array, asked: Asked) -> Array:
        import pyarrow as pa  # noqa: PLC0415  (takes a while to load)
        import pyarrow.compute as pc  # noqa: PLC0415

        if one in asked:
            places = pc.subtract(array, pa.scalar(1, array.type))
            return pa.DictionaryArray.from_arrays(places, pa.array(asked[one], pa.string()))
        if not pa.types.is_string(array.type):
            return array
        found = array.dictionary_encode()
        self._learn(one, found.dictionary)
        return found

    def _learn(self, one: Seen, texts: Array) -> None:
        with self._changing:
            met = self._met.setdefault(one, {})
            if len(texts) <= _MOST:
                met.update(dict.fromkeys(texts.to_pylist()))
            if max(len(texts), len(met)) > _MOST:
                self._misses[one] = _MISSES + 1  # not looked up any more
