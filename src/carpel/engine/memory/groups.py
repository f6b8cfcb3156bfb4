"""What is asked of contacts' own values: leaves that look at the same columns, answered together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from typing_extensions import override

from carpel.engine import plan as p

from .answers import Answer, seen_in, sources_of
from .bits import Bytes
from .cuts import Codes, Cuts, cuts_of
from .values import Holds, Unknown

ValueLeaf: TypeAlias = p.ValueTest | p.PairTest | p.FormulaTest | p.ListTest

# Answers are remembered for so many different values; most columns have far fewer.
_MOST_REMEMBERED = 65_536
_NO_ROWS: Bytes = np.zeros((0, 0), np.uint8)


def columns_of(leaf: ValueLeaf) -> tuple[str, ...]:
    """The columns that a leaf looks at, each once."""
    if isinstance(leaf, p.ListTest):
        return ("lists",)
    return tuple(dict.fromkeys(one.name for one in columns_seen(leaf)))


def columns_seen(leaf: ValueLeaf) -> list[p.Column]:
    """The same as columns, each once.

    Raises:
        Unknown: it looks at something else.
    """
    found: dict[p.Column, None] = {}
    for source in sources_of(leaf):
        seen = seen_in(source)
        if not isinstance(seen, p.Column):
            raise Unknown("what is no column of contacts")
        found[seen] = None
    return list(found)


class _InList:
    """Whether a contact is in a list, as `Answer`."""

    def __init__(self, leaf: p.ListTest) -> None:
        number, negated = leaf.list, leaf.negated
        self._leaf = leaf
        self.holds: Holds = lambda values: (number in (values[0] or ())) != negated

    @override
    def __reduce__(self) -> tuple[Any, ...]:
        return _InList, (self._leaf,)

    def many(self, values: Sequence[Any]) -> list[bool]:
        return list(map(self.holds, values))


def answer_of(leaf: ValueLeaf) -> Answer | _InList:
    """The leaf as a function of what `columns_of` names.

    Raises:
        Unknown: it is no leaf of this kind.
    """
    return _InList(leaf) if isinstance(leaf, p.ListTest) else Answer(leaf, columns_seen(leaf))


class Group:
    """The leaves that look at the same columns. For each value the row of bits is remembered."""

    def __init__(self, columns: tuple[str, ...]) -> None:
        self.columns = columns
        self.leaves: dict[int, ValueLeaf] = {}
        self._answers: dict[int, Answer | _InList] = {}
        self._known: dict[Any, int] = {}
        self._rows = _NO_ROWS  # of the bytes in the span only
        self._of_samples: Codes | None = None  # the codes of the samples of the cuts

    @cached_property
    def _span(self) -> slice:
        """The bytes of a row from the first to the last with a slot of this group."""
        return slice(min(self.leaves) >> 3, (max(self.leaves) >> 3) + 1)

    @cached_property
    def _others(self) -> Bytes:
        """Within the span the slots that are not of this group."""
        mask = np.zeros(self._span.stop, np.uint8)
        for slot in self.leaves:
            mask[slot >> 3] |= 1 << (slot & 7)
        return ~mask[self._span]

    @cached_property
    def cuts(self) -> Cuts | None:
        """Where answers follow from order alone: the constants."""
        return cuts_of(list(self.leaves.values()))

    @property
    def is_empty(self) -> bool:
        return not self._answers

    def add(self, slot: int, leaf: ValueLeaf) -> None:
        self._answers[slot] = answer_of(leaf)
        self.leaves[slot] = leaf
        self._forget()

    def remove(self, slot: int) -> None:
        del self._answers[slot], self.leaves[slot]
        self._forget()

    def bits(self, values: Sequence[Any], rows: Bytes, places: Any = slice(None)) -> None:
        """Set or clear this group's slots by one value for each row, or for each at some places."""
        if self.cuts is not None:
            cut, samples = self.cuts.codes(values)
            if self._of_samples is None:
                self._of_samples = self._codes(samples)
            codes = self._of_samples.take(cut)
        else:
            codes = self._codes(values)
        cells = rows[places, self._span]
        cells &= self._others
        cells |= self._rows.take(codes, axis=0)
        rows[places, self._span] = cells

    def _codes(self, values: Sequence[Any]) -> Codes:
        """For each value the place of its row; rows of new values are made together."""
        try:
            return self._places(values)
        except TypeError:  # lists are remembered as tuples
            return self._places([_frozen(value) for value in values])

    def _places(self, values: Sequence[Any]) -> Codes:
        known = self._known
        try:
            return np.fromiter(map(known.__getitem__, values), np.int64, len(values))
        except KeyError:
            self._learn(values)
        return np.fromiter(map(known.__getitem__, values), np.int64, len(values))

    def _learn(self, values: Sequence[Any]) -> None:
        span = self._span
        new = [value for value in dict.fromkeys(values) if value not in self._known]
        first, beyond = len(self._known), len(self._known) + len(new)
        if beyond > self._rows.shape[0]:
            more = np.zeros((2 * beyond, span.stop - span.start), np.uint8)
            if first:
                more[:first] = self._rows[:first]
            self._rows = more
        made = self.rows_for(new, span.stop, list(self._answers))
        self._rows[first:beyond] = made[:, span.start :]
        self._known.update(zip(new, range(first, beyond), strict=True))

    def rows_for(self, values: Sequence[Any], width: int, slots: Sequence[int]) -> Bytes:
        """A row of bits for each value, of some slots only; nothing is remembered."""
        rows = np.zeros((len(values), width), np.uint8)
        tuples = values if len(self.columns) > 1 else [(value,) for value in values]
        for slot in slots:
            true = np.asarray(self._answers[slot].many(tuples), np.uint8)
            rows[:, slot >> 3] |= true << np.uint8(slot & 7)
        return rows

    def trim(self) -> None:
        """Forget what is remembered when it has become too much."""
        if len(self._known) > _MOST_REMEMBERED:
            self._forget()

    def forget(self) -> None:
        """Forget the values that were answered; they are answered again when they come again."""
        self._forget()

    def _forget(self) -> None:
        self._known.clear()
        self._rows, self._of_samples = _NO_ROWS, None
        for name in ("cuts", "_span", "_others"):
            self.__dict__.pop(name, None)


def _frozen(value: Any) -> Any:
    if type(value) is list:
        return tuple(value)
    return tuple(map(_frozen, value)) if type(value) is tuple else value
