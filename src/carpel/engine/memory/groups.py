"""What is asked of contacts' own values: leaves that look at the same columns, answered together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from carpel.engine import plan as p
from carpel.engine.reads import operands

from .bits import Bytes
from .cuts import Cuts, cuts_of
from .values import Holds, Unknown, formula_holder, holder, pair_holder

ValueLeaf: TypeAlias = p.ValueTest | p.PairTest | p.FormulaTest | p.ListTest

# Answers are remembered for so many different values; most columns have far fewer.
_MOST_REMEMBERED = 65_536


def columns_of(leaf: ValueLeaf) -> tuple[str, ...]:
    """The columns that a leaf looks at, each once."""
    if isinstance(leaf, p.ListTest):
        return ("lists",)
    names = [one.seen.name for one in operands(leaf) if isinstance(one.seen, p.Column)]
    return tuple(dict.fromkeys(names))


def answer_of(leaf: ValueLeaf) -> Holds:
    """The leaf as a function of what `columns_of` names: one value, or a tuple of several.

    Raises:
        Unknown: it is no leaf of this kind.
    """
    if isinstance(leaf, p.ListTest):
        number, negated = leaf.list, leaf.negated
        return lambda lists: (number in (lists or ())) != negated
    if not all(isinstance(one.seen, p.Column) for one in operands(leaf)):
        raise Unknown("what is no column of contacts")
    match leaf:
        case p.ValueTest():
            return holder(leaf)
        case p.PairTest():
            return _of_columns(leaf, (leaf.left, leaf.right), pair_holder(leaf))
        case p.FormulaTest():
            distinct = tuple(dict.fromkeys(operands(leaf)))
            return _of_columns(leaf, distinct, formula_holder(leaf, distinct))
        case _:
            raise Unknown(type(leaf).__name__)


def _of_columns(leaf: ValueLeaf, seen: Sequence[p.Operand], holds: Holds) -> Holds:
    """From a function of the operands' values to one of the columns' values."""
    columns = columns_of(leaf)
    places = [columns.index(one.seen.name) for one in seen if isinstance(one.seen, p.Column)]
    if len(places) != len(seen):
        raise Unknown("a formula of events")
    if len(columns) == 1:
        return lambda value: holds([value] * len(places))
    return lambda values: holds([values[place] for place in places])


class Group:
    """The leaves that look at the same columns. For each value the row of bits is remembered."""

    def __init__(self, columns: tuple[str, ...]) -> None:
        self.columns = columns
        self.leaves: dict[int, ValueLeaf] = {}
        self._answers: dict[int, Holds] = {}
        self.cuts: Cuts | None = None  # where answers follow from order alone
        self._known: dict[Any, int] = {}
        self._rows = np.zeros((16, 8), np.uint8)

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

    def bits(self, values: Sequence[Any], width: int) -> Bytes:
        """A row of bits for each value; only this group's slots are set in it."""
        if self._rows.shape[1] < width:
            self._forget(width)
        if self.cuts:
            places, samples = self.cuts.codes(values)
            of_samples = np.asarray([self._code(sample) for sample in samples])
            return np.asarray(self._rows[of_samples[places], :width])
        known = self._known
        try:
            codes = [known[value] for value in values]
        except KeyError:
            codes = [self._code(value) for value in values]
        except TypeError:  # lists are remembered as tuples
            codes = [self._code(_frozen(value)) for value in values]
        return self._rows[codes, :width]

    def _code(self, value: Any) -> int:
        code = self._known.get(value)
        if code is not None:
            return code
        code = len(self._known)
        if code >= self._rows.shape[0]:
            more = np.zeros((2 * code, self._rows.shape[1]), np.uint8)
            more[:code] = self._rows
            self._rows = more
        self._rows[code] = 0
        self._answer(value, self._rows[code], self._answers)
        self._known[value] = code
        return code

    def rows_for(self, values: Sequence[Any], width: int, slots: Sequence[int]) -> Bytes:
        """A row of bits for each value, of some slots only; nothing is remembered."""
        rows = np.zeros((len(values), width), np.uint8)
        answers = {slot: self._answers[slot] for slot in slots}
        for row, value in zip(rows, values, strict=True):
            self._answer(value, row, answers)
        return rows

    @staticmethod
    def _answer(value: Any, row: Bytes, answers: Mapping[int, Holds]) -> None:
        for slot, holds in answers.items():
            if holds(value):
                row[slot >> 3] |= 1 << (slot & 7)

    def trim(self) -> None:
        """Forget what is remembered when it has become too much."""
        if len(self._known) > _MOST_REMEMBERED:
            self._forget()

    def _forget(self, width: int = 8) -> None:
        self._known.clear()
        self.cuts = cuts_of(list(self.leaves.values()))
        self._rows = np.zeros((16, max(width, self._rows.shape[1])), np.uint8)


def _frozen(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_frozen(one) for one in value)
    return tuple(value) if isinstance(value, list) else value


def answer_of_row(where: p.Tree[p.RowLeaf], seen: Sequence[p.Seen]) -> Holds:
    """A filter of events as a function of the tuple of what is seen of an event."""
    match where:
        case p.All() | p.AnyOf():
            parts = [answer_of_row(part, seen) for part in where.parts]
            if isinstance(where, p.All):
                return lambda values: all(part(values) for part in parts)
            return lambda values: any(part(values) for part in parts)
        case p.Everyone():
            return lambda _: True
        case p.NoOne():
            return lambda _: False
        case _:
            return _row_leaf(where, seen)


def _row_leaf(leaf: p.RowLeaf, seen: Sequence[p.Seen]) -> Holds:
    for operand in operands(leaf):
        if not isinstance(operand.seen, p.EventColumn | p.Property) or (
            operand.seen.kind == "text-list"
        ):
            raise Unknown("what is no value of an event")
    match leaf:
        case p.ValueTest():
            place, one = seen.index(leaf.operand.seen), holder(leaf)
            return lambda values: one(values[place])
        case p.PairTest():
            wanted: tuple[p.Operand, ...] = (leaf.left, leaf.right)
            holds = pair_holder(leaf)
        case p.FormulaTest():
            wanted = tuple(dict.fromkeys(operands(leaf)))
            holds = formula_holder(leaf, wanted)
        case _:
            raise Unknown(type(leaf).__name__)
    places = [seen.index(operand.seen) for operand in wanted]
    return lambda values: holds([values[place] for place in places])
