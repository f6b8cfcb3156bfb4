"""The plan: a segment's rules as a few shapes, free of any language and any database.

Negation stands at the leaves. `NOT x = 1` is the leaf `x != 1`, which is true where x is there and
is not 1; so each leaf is plainly true or false, and nowhere is a third value needed
(docs/decisions/0002-two-valued-leaves.md).
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, Literal, TypeAlias, TypeVar, Union

Kind: TypeAlias = Literal["text", "number", "date", "boolean", "text-list"]
Operator: TypeAlias = Literal["=", "!=", "<", "<=", ">", ">="]

HOLDS: dict[Operator, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

Leaf_co = TypeVar("Leaf_co", covariant=True)

# ------------------------------------------------------------------- constants


@dataclass(frozen=True)
class Instant:
    """A fixed point in time, microseconds since 1970-01-01 UTC."""

    at: int


@dataclass(frozen=True)
class Moving:
    """A point that moves with the clock: now plus whole months, then plus microseconds."""

    months: int = 0
    microseconds: int = 0


CalendarUnit: TypeAlias = Literal["day", "week", "month", "quarter", "year"]


@dataclass(frozen=True)
class CalendarStart:
    """The start of the calendar's day, week (Monday) and so on that now lies in, in a time zone.

    `shift` units later (earlier when negative), and then by microseconds.
    """

    unit: CalendarUnit
    shift: int
    zone: str
    microseconds: int = 0


Constant: TypeAlias = str | Decimal | bool | Instant | Moving | CalendarStart

# ---------------------------------------------------------------- what is seen


@dataclass(frozen=True)
class Column:
    """A column of contacts."""

    name: str
    kind: Kind


@dataclass(frozen=True)
class EventColumn:
    """A column that every event has."""

    name: Literal["type", "source", "happened_at", "event_id"]
    kind: Kind


@dataclass(frozen=True)
class Property:
    """A property of events, read as the kind it is compared with (`any`: is it there at all)."""

    path: tuple[str, ...]
    kind: Kind | Literal["any"]


@dataclass(frozen=True)
class Joined:
    """Texts one after another: constants, and values that are there all of them, or nothing is."""

    parts: tuple[str | Operand, ...]
    kind: Literal["text"] = "text"


Seen: TypeAlias = Union[Column, EventColumn, Property, "Joined"]


@dataclass(frozen=True)
class Remainder:
    """What is left of a number after division, with the sign of the number divided."""

    divisor: Decimal


@dataclass(frozen=True)
class Bucket:
    """One of so many equal shares that a text falls into, numbered from 0.

    The first 15 hexadecimal digits of the MD5 of `salt:text` as a number, modulo the shares.
    """

    buckets: int
    salt: str


@dataclass(frozen=True)
class DaysToAnniversary:
    """Days until a date's day and month come next, 0 on the day itself.

    The date's day is read in UTC, today's in the zone; the 29th of February counts as the 28th in
    years that lack it.
    """

    zone: str


Step: TypeAlias = (
    Literal["lower", "upper", "length", "trim"] | Remainder | Bucket | DaysToAnniversary
)


@dataclass(frozen=True)
class Operand:
    """A value seen, after steps applied to it, the first step first."""

    seen: Seen
    steps: tuple[Step, ...] = ()


# ----------------------------------------------------------------------- tests


@dataclass(frozen=True)
class Compare:
    """The value is there and stands so to the constant."""

    operator: Operator
    constant: Constant


@dataclass(frozen=True)
class OneOf:
    """The value is there and is one of these (negated: none of these)."""

    constants: tuple[Constant, ...]
    negated: bool = False


@dataclass(frozen=True)
class Matches:
    """The text is there and fits (negated: does not fit).

    The pattern is a sequence of literal texts, MANY (any run) and ONE (any one character).
    """

    pattern: tuple[str | Wildcard, ...]
    ignore_case: bool = False
    negated: bool = False


@dataclass(frozen=True)
class Wildcard:
    """A place in a pattern that any text fits."""

    many: bool


MANY = Wildcard(many=True)
ONE = Wildcard(many=False)


@dataclass(frozen=True)
class FitsRegexp:
    """A regular expression (query/regexps.py says which) fits somewhere in the text (negated: nowhere)."""

    pattern: str
    ignore_case: bool = False
    negated: bool = False


@dataclass(frozen=True)
class Missing:
    """There is no value (negated: there is one)."""

    negated: bool = False


@dataclass(frozen=True)
class Contains:
    """The list is there and holds any of these (negated: holds none of these)."""

    members: tuple[str, ...]
    negated: bool = False


Test: TypeAlias = Compare | OneOf | Matches | FitsRegexp | Missing | Contains

# ---------------------------------------------------------------------- leaves


@dataclass(frozen=True)
class ValueTest:
    """A test of one value of a contact or of an event."""

    operand: Operand
    test: Test


@dataclass(frozen=True)
class PairTest:
    """Two values of one kind compared; true only where both are there."""

    left: Operand
    operator: Operator
    right: Operand


@dataclass(frozen=True)
class Term:
    """A whole factor and the numbers or dates multiplied by it; without any, a plain number."""

    factor: int
    operands: tuple[Operand, ...]


@dataclass(frozen=True)
class FormulaTest:
    """A sum of terms compared with zero; true only where every value in it is there.

    Factors are whole because the language clears denominators. Dates count in microseconds.
    """

    terms: tuple[Term, ...]
    operator: Operator


@dataclass(frozen=True)
class ListTest:
    """The contact is in a list (negated: is not)."""

    list: int
    negated: bool = False


@dataclass(frozen=True)
class AggregateTest:
    """A number or instant made from the chosen events of one contact, tested.

    `first` and `last` are what the earliest and the latest event has, nothing where it has nothing;
    of several at one instant, the one that came in first is earlier.
    """

    function: Literal["count", "count distinct", "sum", "average", "min", "max", "first", "last"]
    of: Seen | None
    test: Compare | OneOf | Missing


@dataclass(frozen=True)
class EventTest:
    """There are events that fit, and (if asked) together they pass `having`.

    `having` is asked only of contacts with at least one fitting event.
    Negated: there are none, or they do not pass.
    """

    where: Tree[RowLeaf]
    having: Tree[AggregateTest] | None = None
    negated: bool = False


@dataclass(frozen=True)
class Then:
    """An event that fits and is later than the one before; `within`: by so many microseconds at most."""

    where: Tree[RowLeaf]
    within: int | None = None


@dataclass(frozen=True)
class SequenceTest:
    """There is an event that fits `first`, and after it one for each `then` (negated: there is not)."""

    first: Tree[RowLeaf]
    then: tuple[Then, ...]
    negated: bool = False


@dataclass(frozen=True)
class SegmentTest:
    """The contact is in another segment (negated: is not)."""

    segment: int
    negated: bool = False


# ---------------------------------------------------------------- combinations


@dataclass(frozen=True)
class All(Generic[Leaf_co]):
    """Every part is true."""

    parts: tuple[Tree[Leaf_co], ...]


@dataclass(frozen=True)
class AnyOf(Generic[Leaf_co]):
    """At least one part is true."""

    parts: tuple[Tree[Leaf_co], ...]


@dataclass(frozen=True)
class Everyone:
    """Always true."""


@dataclass(frozen=True)
class NoOne:
    """Never true."""


Tree: TypeAlias = Union["All[Leaf_co]", "AnyOf[Leaf_co]", Everyone, NoOne, Leaf_co]

RowLeaf: TypeAlias = ValueTest | FormulaTest | PairTest
ContactLeaf: TypeAlias = (
    ValueTest | FormulaTest | PairTest | ListTest | EventTest | SequenceTest | SegmentTest
)
Plan: TypeAlias = Tree[ContactLeaf]
