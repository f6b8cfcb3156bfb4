"""The segments as peers are asked them: what an event condition wants, and predicates in SQL."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import engine_data as data

from carpel.engine import plan as p
from carpel.engine.reads import leaves


@dataclass(frozen=True)
class Happened:
    """Events of a type since an instant (of one category): any, so many, or of so much together."""

    type: str
    since: int  # microseconds since 1970
    category: str | None
    asks: Literal["any", "count", "sum"]
    least: Decimal  # `count` at least this, `sum` more than this


def happened(test: p.EventTest) -> Happened:
    """What `engine_data.segments` makes of event conditions; the negation is the caller's."""
    assert isinstance(test.where, p.All)
    kind, since, category = "", 0, None
    for part in test.where.parts:
        assert isinstance(part, p.ValueTest)
        assert isinstance(part.test, p.Compare)
        constant = part.test.constant
        match part.operand.seen:
            case p.EventColumn(name="type"):
                kind = str(constant)
            case p.EventColumn(name="happened_at"):
                since = instant(constant)
            case p.Property(path=("category",)):
                category = str(constant)
            case other:
                raise AssertionError(other)
    if test.having is None:
        return Happened(kind, since, category, "any", Decimal(1))
    assert isinstance(test.having, p.AggregateTest)
    assert isinstance(test.having.test, p.Compare)
    least = test.having.test.constant
    assert isinstance(least, Decimal)
    asks: Literal["count", "sum"] = "count" if test.having.function == "count" else "sum"
    return Happened(kind, since, category, asks, least)


def instant(constant: p.Constant) -> int:
    """A moving point of days and weeks, at the benchmark's instant."""
    assert isinstance(constant, p.Moving)
    assert not constant.months
    return data.NOW + constant.microseconds


def all_happened(plans: Iterable[p.Plan]) -> list[Happened]:
    """Every event condition once."""
    found = (leaf for plan in plans for leaf in leaves(plan) if isinstance(leaf, p.EventTest))
    return list(dict.fromkeys(happened(test) for test in found))


class Dialect(ABC):
    """A plan as a predicate over `contacts`, in a database's SQL."""

    def predicate(self, plan: p.Plan) -> str:
        """True where the contact is in."""
        match plan:
            case p.All(parts=parts):
                return "(" + " AND ".join(map(self.predicate, parts)) + ")"
            case p.AnyOf(parts=parts):
                return "(" + " OR ".join(map(self.predicate, parts)) + ")"
            case p.ValueTest(operand=p.Operand(seen=p.Column(name=name)), test=test):
                return self._test(name, test)
            case p.ListTest(list=number, negated=negated):
                return ("NOT " if negated else "") + self.is_in_list(number)
            case p.EventTest(negated=negated):
                return ("NOT " if negated else "") + self.has(happened(plan))
            case other:
                raise AssertionError(other)

    def _test(self, name: str, test: p.Test) -> str:
        match test:
            case p.Compare(operator=operator, constant=constant):
                sign = "<>" if operator == "!=" else operator
                return f"{name} {sign} {self.constant(constant)}"
            case p.OneOf(constants=constants, negated=negated):
                assert not negated
                return f"{name} IN ({', '.join(map(self.constant, constants))})"
            case other:
                raise AssertionError(other)

    def constant(self, constant: p.Constant) -> str:
        """A literal."""
        match constant:
            case bool():
                return "TRUE" if constant else "FALSE"
            case str():
                return f"'{constant}'"
            case Decimal():
                return self.number(constant)
            case _:
                return self.moment(instant(constant))

    @abstractmethod
    def number(self, number: Decimal) -> str:
        """An exact number."""

    @abstractmethod
    def moment(self, at: int) -> str:
        """An instant, in microseconds since 1970."""

    @abstractmethod
    def is_in_list(self, number: int) -> str:
        """Whether the contact is in a list."""

    @abstractmethod
    def has(self, wanted: Happened) -> str:
        """Whether there are such events of the contact."""
