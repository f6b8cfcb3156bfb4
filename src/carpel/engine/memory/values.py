"""One stored value, tested. Exact, and in plain Python: the arrays beside it must agree with it.

Stored values are text, numbers as their canonical text, instants as microseconds, booleans, and
lists of texts or list numbers; None is no value.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Context, Decimal
from functools import lru_cache
from hashlib import md5
from typing import Any, TypeAlias

from carpel.engine import plan as p
from carpel.engine.reads import operands

from .expressions import expression
from .points import points_of

Value: TypeAlias = Any
Holds: TypeAlias = Callable[[Value], bool]

EXACT = Context(prec=2000)


class Unknown(Exception):
    """A test that this engine does not know; the segment is left to the recompute."""


def holds_still(leaf: Any) -> bool:
    """Whether time alone never changes the leaf: no point moves in it, no anniversary comes."""
    if isinstance(leaf, p.ValueTest) and points_of(leaf.test):
        return False
    return not zones_of(leaf)


def is_of_date(leaf: Any) -> bool:
    """Whether the leaf tests a date as it is stored."""
    return (
        isinstance(leaf, p.ValueTest)
        and not leaf.operand.steps
        and leaf.operand.seen.kind == "date"
        and isinstance(leaf.test, p.Compare | p.OneOf)
    )


def zones_of(leaf: Any) -> tuple[str, ...]:
    """The zones in whose calendars days are counted in a leaf."""
    found = [
        step.zone
        for operand in operands(leaf)
        for step in operand.steps
        if isinstance(step, p.DaysToAnniversary)
    ]
    return tuple(dict.fromkeys(found))


def tester(test: p.Test) -> Holds:
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
        case p.FitsRegexp(negated=negated):
            fits = expression(test.pattern, test.ignore_case).fits
            return lambda value: value is not None and fits(value) != negated
        case p.Missing(negated=negated):
            return lambda value: (value is None) != negated
        case p.Contains(members=members, negated=negated):
            wanted_members = frozenset(members)
            return lambda value: value is not None and wanted_members.isdisjoint(value) == negated
        case _:
            raise Unknown(type(test).__name__)


def _constant(constant: p.Constant) -> Value:
    if isinstance(constant, p.Instant):
        return constant.at
    if isinstance(constant, str | Decimal | bool):
        return constant
    raise Unknown(f"{constant!r}")


def step_of(step: p.Step) -> Callable[[Value], Value]:
    """A step as a function of a value that is there."""
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
            return lambda value: EXACT.remainder(value, divisor)
        case p.Bucket():
            return lambda value: _bucket(value, step)
        case _:
            raise Unknown(f"step {step!r}")


def _bucket(text: str, step: p.Bucket) -> int:
    digest = md5(f"{step.salt}:{text}".encode(), usedforsecurity=False)
    return int(digest.hexdigest()[:15], 16) % step.buckets


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
