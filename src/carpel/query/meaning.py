"""The meaning of a query: names looked up, joins dissolved, one form for text and document.

Every node but the constants carries the place it came from, which does not count in comparisons.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, TypeAlias

from .problems import NOWHERE, Place

Type: TypeAlias = Literal["text", "number", "date", "boolean", "text-list", "duration", "any"]
Operator: TypeAlias = Literal[
    "=", "!=", "<", "<=", ">", ">=", "is distinct from", "is not distinct from"
]
EventColumnName: TypeAlias = Literal["event_type", "event_source", "timestamp", "event_id"]
AggregateName: TypeAlias = Literal[
    "count", "count distinct", "sum", "avg", "min", "max", "first", "last"
]
CalendarUnit: TypeAlias = Literal["day", "week", "month", "quarter", "year"]
FunctionName: TypeAlias = Literal["lower", "upper", "length", "trim"]


# ---------------------------------------------------------------------- values


@dataclass(frozen=True)
class Constant:
    """A constant as written; a text is read as a date where it meets one."""

    value: str | Decimal | bool | None
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Timestamp:
    """`TIMESTAMP '…'`: a date whatever it meets."""

    text: str
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Duration:
    """A length of time: calendar months, and microseconds."""

    months: int
    microseconds: int
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Now:
    """The instant of asking."""

    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class StartOf:
    """The start of the day, week (Monday) … of now in a time zone, or of one so many away."""

    unit: CalendarUnit
    shift: int = 0
    zone: str = "UTC"
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class DaysToAnniversary:
    """Days until the day and month of a date come next in a time zone; 0 on the day itself."""

    value: Value
    zone: str = "UTC"
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Bucket:
    """Which of so many equal shares a contact falls into, from 0; another salt shuffles anew."""

    buckets: int
    salt: str = ""
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Field:
    """A contact's field, by its name."""

    name: str
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class EventColumn:
    """What every event has."""

    name: EventColumnName
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Property:
    """A property of an event, by its path."""

    path: tuple[str, ...]
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Function:
    """A function of one value."""

    name: FunctionName
    value: Value
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Concat:
    """Texts one after another; nothing where one of them is missing."""

    parts: tuple[Value, ...]
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Math:
    """Arithmetic on numbers, or dates and durations."""

    operator: Literal["+", "-", "*", "/", "%"]
    left: Value
    right: Value
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Aggregate:
    """A number or instant made from the chosen events of one contact."""

    name: AggregateName
    value: Value | None
    place: Place = field(default=NOWHERE, compare=False, repr=False)


Value: TypeAlias = (
    Constant
    | Timestamp
    | Duration
    | Now
    | Field
    | EventColumn
    | Property
    | Function
    | Concat
    | StartOf
    | DaysToAnniversary
    | Bucket
    | Math
    | Aggregate
)

# ------------------------------------------------------------------ conditions


@dataclass(frozen=True)
class Compare:
    """Two values compared."""

    operator: Operator
    left: Value
    right: Value
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Between:
    """Low ≤ value ≤ high."""

    value: Value
    low: Value
    high: Value
    negated: bool = False
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class OneOf:
    """The value is one of some constants."""

    value: Value
    options: tuple[Constant, ...]
    negated: bool = False
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Like:
    """The text fits a pattern of `%` (any run) and `_` (any one); a backslash makes them plain."""

    value: Value
    pattern: str
    ignore_case: bool = False
    negated: bool = False
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Regexp:
    """A regular expression fits somewhere in the text."""

    value: Value
    pattern: str
    ignore_case: bool = False
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Missing:
    """There is no value."""

    value: Value
    negated: bool = False
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Contains:
    """A list of texts holds any of some constants."""

    value: Value
    members: tuple[Constant, ...]
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class InLists:
    """The contact is in any of these lists, by their ids."""

    lists: tuple[str, ...]
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class InSegments:
    """The contact is in any of these segments, by their ids."""

    segments: tuple[str, ...]
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Then:
    """An event after the one before, within a length of time if one is given."""

    where: Condition
    within: Duration | None = None


@dataclass(frozen=True)
class Sequence:
    """There is an event that fits `first`, and later ones for each `then`, one after another."""

    first: Condition
    then: tuple[Then, ...]
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Events:
    """There are events that fit, and together they pass `having`."""

    where: Condition | None = None
    having: Condition | None = None
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Not:
    """The condition is false (and not merely unknown)."""

    part: Condition
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Both:
    """All parts are true."""

    parts: tuple[Condition, ...]
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Either:
    """At least one part is true."""

    parts: tuple[Condition, ...]
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Everyone:
    """Always true."""

    place: Place = field(default=NOWHERE, compare=False, repr=False)


Condition: TypeAlias = (
    Compare
    | Between
    | OneOf
    | Like
    | Regexp
    | Missing
    | Contains
    | InLists
    | InSegments
    | Events
    | Sequence
    | Not
    | Both
    | Either
    | Everyone
)


def both(parts: tuple[Condition, ...], place: Place = NOWHERE) -> Condition:
    """All of the parts, flat: no `Both` right inside, and no `Both` of one."""
    flat: list[Condition] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, Both) else (part,))
    return flat[0] if len(flat) == 1 else Both(tuple(flat), place)


def either(parts: tuple[Condition, ...], place: Place = NOWHERE) -> Condition:
    """Any of the parts, flat: no `Either` right inside, and no `Either` of one."""
    flat: list[Condition] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, Either) else (part,))
    return flat[0] if len(flat) == 1 else Either(tuple(flat), place)


def concat(parts: tuple[Value, ...], place: Place = NOWHERE) -> Value:
    """The texts as one, flat: no `Concat` right inside, constants side by side made one."""
    flat: list[Value] = []
    for part in parts:
        for one in part.parts if isinstance(part, Concat) else (part,):
            last = flat[-1] if flat else None
            match last, one:
                case Constant(value=str() as before), Constant(value=str() as after):
                    flat[-1] = Constant(before + after, last.place)
                case _:
                    flat.append(one)
    return flat[0] if len(flat) == 1 else Concat(tuple(flat), place)
