"""One stored value, tested. Exact, and in plain Python: the arrays beside it must agree with it.

Stored values are text, numbers as their canonical text, instants as microseconds, booleans, and
lists of texts or list numbers; None is no value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Context, Decimal
from functools import lru_cache
from typing import Any, TypeAlias

from carpel.engine import plan as p

Value: TypeAlias = Any
Holds: TypeAlias = Callable[[Value], bool]

_EXACT = Context(prec=2000)


class Unknown(Exception):
    """A test that this engine does not know; the segment is left to the recompute."""


def is_moving(leaf: Any) -> bool:
    """Whether the leaf compares with a point that moves with the clock."""
    return isinstance(leaf, p.ValueTest) and (
        isinstance(leaf.test, p.Compare) and isinstance(leaf.test.constant, p.Moving)
    )


def holder(leaf: p.ValueTest) -> Holds:
    """The test as a function of the stored value.

    Raises:
        Unknown: it is no test of one value that stands still.
    """
    reading = reader(leaf.operand)
    test = tester(leaf.test, leaf.operand)

    def holds(stored: Value) -> bool:
        return test(None if stored is None else reading(stored))

    return holds


def reader(operand: p.Operand) -> Callable[[Value], Value]:
    """From the stored value to the value tested: a Decimal, text, int, bool or list."""
    steps = [_step(step) for step in operand.steps]
    is_number = operand.seen.kind == "number"

    def read(stored: Value) -> Value:
        value = Decimal(stored) if is_number else stored
        for step in steps:
            value = step(value)
        return value

    return read


def tester(test: p.Test, operand: p.Operand) -> Holds:
    """The test as a function of the value read, None included."""
    match test:
        case p.Compare(operator=operator, constant=constant):
            holds, wanted = p.HOLDS[operator], _constant(constant)
            return lambda value: value is not None and bool(holds(value, wanted))
        case p.OneOf(constants=constants, negated=negated):
            among = {_constant(one) for one in constants}
            return lambda value: value is not None and (value in among) != negated
        case p.Matches():
            return _matches(test)
        case p.Missing(negated=negated):
            return lambda value: (value is None) != negated
        case p.Contains(members=members, negated=negated):
            wanted_members = frozenset(members)
            return lambda value: value is not None and wanted_members.isdisjoint(value) == negated
        case _:
            raise Unknown(f"{type(test).__name__} of {operand}")


def formula_holder(leaf: p.FormulaTest, operands: Sequence[p.Operand]) -> Holds:
    """A formula as a function of the tuple of its operands' stored values."""
    readers = [reader(operand) for operand in operands]
    places = {operand: place for place, operand in enumerate(operands)}
    terms = [
        (Decimal(term.factor), [places[operand] for operand in term.operands])
        for term in leaf.terms
    ]
    compare = p.HOLDS[leaf.operator]

    def holds(stored: Sequence[Value]) -> bool:
        if any(value is None for value in stored):
            return False
        values = [Decimal(read(value)) for read, value in zip(readers, stored, strict=True)]
        total = Decimal(0)
        for factor, used in terms:
            product = factor
            for place in used:
                product = _EXACT.multiply(product, values[place])
            total = _EXACT.add(total, product)
        return bool(compare(total, 0))

    return holds


def pair_holder(leaf: p.PairTest) -> Holds:
    """A comparison of two values as a function of the two stored values."""
    left, right = reader(leaf.left), reader(leaf.right)
    compare = p.HOLDS[leaf.operator]

    def holds(stored: Sequence[Value]) -> bool:
        one, other = stored
        if one is None or other is None:
            return False
        return bool(compare(left(one), right(other)))

    return holds


def _constant(constant: p.Constant) -> Value:
    if isinstance(constant, p.Instant):
        return constant.at
    if isinstance(constant, str | Decimal | bool):
        return constant
    raise Unknown(f"{constant!r}")


def _step(step: p.Step) -> Callable[[Value], Value]:
    match step:
        case "lower":
            return lower
        case "upper":
            return upper
        case "length":
            return lambda value: Decimal(len(value))
        case "trim":
            return lambda value: value.strip(" ")
        case p.Remainder(divisor=divisor):
            return lambda value: _EXACT.remainder(value, divisor)
        case _:
            raise Unknown(f"step {step!r}")


def _matches(test: p.Matches) -> Holds:
    shape = "".join(
        (".*" if part.many else ".")
        if isinstance(part, p.Wildcard)
        else re.escape(_cased(part, test))
        for part in test.pattern
    )
    fits = re.compile(shape, re.DOTALL).fullmatch
    if test.ignore_case:
        return lambda value: value is not None and (fits(lower(value)) is None) == test.negated
    return lambda value: value is not None and (fits(value) is None) == test.negated


def _cased(part: str, test: p.Matches) -> str:
    return lower(part) if test.ignore_case else part


def lower(text: str) -> str:
    """Letter by letter: none becomes two, and none looks at its neighbours."""
    return text.lower() if text.isascii() else "".join(map(_small, text))


def upper(text: str) -> str:
    """Letter by letter, as `lower`; the capital of a sharp s is the capital sharp s."""
    return text.upper() if text.isascii() else "".join(map(_capital, text))


@lru_cache(4096)
def _small(letter: str) -> str:
    return letter.lower()[0]


@lru_cache(4096)
def _capital(letter: str) -> str:
    if letter == "ß":
        return "ẞ"
    shapes = (letter.upper(), letter.title(), letter)
    return next(shape for shape in shapes if len(shape) == 1)
