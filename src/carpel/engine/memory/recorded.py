"""Events as they are stored, read once by column, for the streams that are made of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from carpel.engine import plan as p
from carpel.engine.reads import leaves, operands

from .bits import Places
from .coding import Array, Encoded, column_of, combined, encoded, plain_array, whole_numbers
from .events import Stream
from .groups import answer_of_row
from .happenings import Tier, order_of
from .numbers import Scaled
from .streams import ColumnKey
from .thresholds import Bools, Ints


class Recorded:
    """All events of some types, by contact."""

    def __init__(self, table: Any, seen: Sequence[p.Seen]) -> None:
        """Args: table: contact, at, and v0, v1, … for what is seen."""
        self._arrays: dict[p.Seen, Array] = {
            one: column_of(table, f"v{place}") for place, one in enumerate(seen)
        }
        contacts = plain_array(column_of(table, "contact")).astype(np.int32, copy=False)
        self._order: Places | None = order_of(contacts)
        self._contacts = self._placed(contacts)
        self._times = self._placed(plain_array(column_of(table, "at")))
        self._whole: dict[p.Seen, tuple[Ints, Bools] | None] = {}
        self._codes: dict[p.Seen, Encoded] = {}

    def tier(self, stream: Stream) -> Tier:
        """The events of a stream."""
        fit = self._fitting(stream.key.where)
        values: dict[Any, Any] = {}
        there: dict[Any, Bools] = {}
        for key in stream.columns:
            values[key], there[key] = self._column(stream, key)
        events = Tier(self._contacts, self._times, values, there)
        return events if fit is None else events.taken(fit)

    # ------------------------------------------------------------------ which events

    def _fitting(self, where: p.Tree[p.RowLeaf]) -> Places | None:
        """The places of the events that fit the filter; None for all."""
        parts = where.parts if isinstance(where, p.All) else (where,)
        fit: Bools | None = None
        for part in parts:
            truth = self._truth(part)
            fit = truth if fit is None else fit & truth
        return None if fit is None or bool(fit.all()) else np.flatnonzero(fit)

    def _truth(self, part: p.Tree[p.RowLeaf]) -> Bools:
        """One part of a filter, answered once for each different value."""
        seen = tuple(dict.fromkeys(one.seen for leaf in leaves(part) for one in operands(leaf)))
        fits = answer_of_row(part, seen)
        if not seen:
            return np.full(len(self._contacts), fits(()), np.bool_)
        if len(seen) == 1:
            found = self._coded(seen[0])
            truths = [fits((value,)) for value in found.values]
        else:
            found = combined([self._coded(one) for one in seen])
            truths = [fits(values) for values in found.values]
        return np.asarray(np.asarray(truths, np.bool_)[found.codes])

    # ------------------------------------------------------------------- their values

    def _column(self, stream: Stream, key: ColumnKey) -> tuple[Any, Bools]:
        """A column as the stream keeps it, and where there is a value."""
        seen, use = key
        whole = self._numbers(seen) if use != "code" else None
        if whole is not None:
            numbers, there = whole
            return (Scaled.of_units(numbers) if use == "number" else numbers), there
        found = self._coded(seen)
        there = np.asarray([value is not None for value in found.values])[found.codes]
        kept = stream.encoded(key, [_as_stored(value) for value in found.values])
        return (kept.taken(found.codes) if isinstance(kept, Scaled) else kept[found.codes]), there

    def _numbers(self, seen: p.Seen) -> tuple[Ints, Bools] | None:
        if seen not in self._whole:
            whole = whole_numbers(self._arrays[seen])
            if whole is not None:
                whole = (self._placed(whole[0]), self._placed(whole[1]))
            self._whole[seen] = whole
        return self._whole[seen]

    def _coded(self, seen: p.Seen) -> Encoded:
        if seen not in self._codes:
            found = encoded(self._arrays[seen])
            self._codes[seen] = Encoded(self._placed(found.codes), found.values)
        return self._codes[seen]

    def _placed(self, values: NDArray[Any]) -> NDArray[Any]:
        return values if self._order is None else np.take(values, self._order)


def _as_stored(value: Any) -> Any:
    """A decimal as the text that batches bring."""
    from carpel.kit.numbers import plain  # noqa: PLC0415

    return plain(value) if hasattr(value, "as_tuple") else value
