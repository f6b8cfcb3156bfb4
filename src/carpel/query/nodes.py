"""The syntax tree: what was written, before any name is looked up. Frozen, with places."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

from .problems import Place

# ----------------------------------------------------------------- expressions


@dataclass(frozen=True)
class Value:
    """A string, number, TRUE, FALSE or NULL."""

    value: str | Decimal | bool | None
    place: Place


@dataclass(frozen=True)
class Name:
    """`column`, `alias.column`, `alias.properties.x` or `DATA:payload.x`."""

    parts: tuple[str, ...]
    place: Place
    quoted: bool = False


@dataclass(frozen=True)
class Call:
    """`function(argument, …)`."""

    function: str
    arguments: tuple[Expression, ...]
    place: Place
    distinct: bool = False


@dataclass(frozen=True)
class Star:
    """The `*` of COUNT(*)."""

    place: Place


@dataclass(frozen=True)
class Math:
    """`left + right`, and so on."""

    operator: Literal["+", "-", "*", "/", "%"]
    left: Expression
    right: Expression
    place: Place


@dataclass(frozen=True)
class Interval:
    """`INTERVAL '30' DAY`."""

    amount: Decimal
    unit: str
    place: Place


@dataclass(frozen=True)
class Timestamp:
    """`TIMESTAMP '2026-01-01T00:00:00Z'` or `DATE '2026-01-01'`."""

    text: str
    place: Place


@dataclass(frozen=True)
class Array:
    """`['a', 'b']`."""

    items: tuple[Expression, ...]
    place: Place


Expression: TypeAlias = Value | Name | Call | Star | Math | Interval | Timestamp | Array

# ------------------------------------------------------------------ conditions

ComparisonOperator: TypeAlias = Literal[
    "=", "!=", "<", "<=", ">", ">=", "is distinct from", "is not distinct from"
]


@dataclass(frozen=True)
class Comparison:
    """`left = right`."""

    operator: ComparisonOperator
    left: Expression
    right: Expression
    place: Place


@dataclass(frozen=True)
class Between:
    """`value [NOT] BETWEEN low AND high`, both ends included."""

    value: Expression
    low: Expression
    high: Expression
    negated: bool
    place: Place


@dataclass(frozen=True)
class In:
    """`value [NOT] IN (a, b)`."""

    value: Expression
    items: tuple[Expression, ...]
    negated: bool
    place: Place


@dataclass(frozen=True)
class InSelect:
    """`value [NOT] IN (SELECT …)`."""

    value: Expression
    select: Select
    negated: bool
    place: Place


@dataclass(frozen=True)
class InSegment:
    """`[contact_id] [NOT] IN SEGMENT 'code'`, or several in parentheses."""

    value: Expression | None
    items: tuple[Expression, ...]
    negated: bool
    place: Place


@dataclass(frozen=True)
class Like:
    """`value [NOT] LIKE pattern`; ILIKE ignores case."""

    value: Expression
    pattern: Expression
    ignore_case: bool
    negated: bool
    place: Place


@dataclass(frozen=True)
class IsNull:
    """`value IS [NOT] NULL`."""

    value: Expression
    negated: bool
    place: Place


@dataclass(frozen=True)
class IsTruth:
    """`value IS [NOT] TRUE` or FALSE."""

    value: Expression
    truth: bool
    negated: bool
    place: Place


@dataclass(frozen=True)
class Bare:
    """A value that stands where a condition is wanted, as `array_contains(…)` does."""

    value: Expression
    place: Place


@dataclass(frozen=True)
class Logic:
    """`a AND b AND c`, or with OR."""

    word: Literal["and", "or"]
    parts: tuple[Condition, ...]
    place: Place


@dataclass(frozen=True)
class Not:
    """`NOT condition`."""

    part: Condition
    place: Place


Condition: TypeAlias = (
    Comparison | Between | In | InSelect | InSegment | Like | IsNull | IsTruth | Bare | Logic | Not
)

# -------------------------------------------------------------------- select


@dataclass(frozen=True)
class Output:
    """One expression between SELECT and FROM, with its alias."""

    value: Expression
    alias: str | None


@dataclass(frozen=True)
class Source:
    """A table in FROM or JOIN."""

    table: str
    alias: str
    place: Place


@dataclass(frozen=True)
class Join:
    """`JOIN table AS alias ON condition`."""

    source: Source
    on: Condition
    place: Place


@dataclass(frozen=True)
class Followed:
    """`FOLLOWED BY condition [WITHIN interval]`."""

    by: Condition
    within: Interval | None
    place: Place


@dataclass(frozen=True)
class Select:
    """A whole SELECT."""

    outputs: tuple[Output, ...]
    source: Source
    joins: tuple[Join, ...]
    where: Condition | None
    followed: tuple[Followed, ...]
    group: tuple[Expression, ...]
    having: Condition | None
    place: Place


Query: TypeAlias = Select | Condition
