"""Leaves, and trees of them, as functions of the stored values that they look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from typing_extensions import override

from carpel.engine import plan as p
from carpel.engine.calendars import days_to_anniversaries
from carpel.engine.reads import leaves, operands, sources

from .expressions import Expression, expression
from .values import EXACT, Holds, Unknown, Value, step_of, tester

# So many values are answered together; what is remembered of expressions holds more.
_TOGETHER = 32_768


@dataclass(frozen=True)
class Day:
    """The day of a date among the 366 of a leap year, from 0."""

    seen: p.Seen


Source: TypeAlias = p.Seen | Day
_Reading: TypeAlias = Callable[[Sequence[Value]], Value]


class Days:
    """How far anniversaries are, as seen from the instant it is set to."""

    def __init__(self) -> None:
        self.now = 0

    def until(self, zone: str, day: int) -> int:
        """Days until a day of a leap year comes next."""
        return days_to_anniversaries(zone, self.now)[day]


class Answer:
    """A tree of leaves as a function of a tuple: the value of each source."""

    def __init__(self, tree: p.Tree[Any], seen: Sequence[Source], days: Days | None = None) -> None:
        """Args: days: needed by leaves with anniversaries.

        Raises:
            Unknown: there is something in it that this engine leaves to the recompute.
        """
        self._of = (tree, tuple(seen), days)
        self._days = days
        self._sources = list(seen)
        self._expressions: list[tuple[Expression, _Reading]] = []
        self.holds = self._tree(tree)

    @override
    def __reduce__(self) -> tuple[Any, ...]:
        """A snapshot keeps what it is made from, not the functions."""
        return Answer, self._of

    def many(self, values: Sequence[Sequence[Value]]) -> list[bool]:
        """The answer for each tuple."""
        found: list[bool] = []
        holds = self.holds
        for start in range(0, len(values), _TOGETHER):
            part = values[start : start + _TOGETHER]
            for one, read in self._expressions:
                one.learn(text for text in map(read, part) if text is not None)
            found.extend(map(holds, part))
        return found

    def _tree(self, tree: p.Tree[Any]) -> Holds:
        match tree:
            case p.All() | p.AnyOf():
                parts = [self._tree(part) for part in tree.parts]
                if isinstance(tree, p.All):
                    return lambda values: all(part(values) for part in parts)
                return lambda values: any(part(values) for part in parts)
            case p.Everyone():
                return lambda _: True
            case p.NoOne():
                return lambda _: False
            case p.ValueTest():
                return self._value(tree)
            case p.PairTest():
                return self._pair(tree)
            case p.FormulaTest():
                return self._formula(tree)
            case _:
                raise Unknown(type(tree).__name__)

    def _value(self, leaf: p.ValueTest) -> Holds:
        read, test = self._reading(leaf.operand), tester(leaf.test)
        if isinstance(leaf.test, p.FitsRegexp):
            one = expression(leaf.test.pattern, leaf.test.ignore_case)
            self._expressions.append((one, read))
        return lambda values: test(read(values))

    def _pair(self, leaf: p.PairTest) -> Holds:
        left, right = self._reading(leaf.left), self._reading(leaf.right)
        compare = p.HOLDS[leaf.operator]

        def holds(values: Sequence[Value]) -> bool:
            one, other = left(values), right(values)
            return one is not None and other is not None and bool(compare(one, other))

        return holds

    def _formula(self, leaf: p.FormulaTest) -> Holds:
        distinct = list(dict.fromkeys(operands(leaf)))
        readings = [self._reading(operand) for operand in distinct]
        terms = [
            (Decimal(term.factor), [distinct.index(operand) for operand in term.operands])
            for term in leaf.terms
        ]
        compare = p.HOLDS[leaf.operator]

        def holds(values: Sequence[Value]) -> bool:
            seen = [read(values) for read in readings]
            if any(value is None for value in seen):
                return False
            total = Decimal(0)
            for factor, used in terms:
                product = factor
                for place in used:
                    product = EXACT.multiply(product, Decimal(seen[place]))
                total = EXACT.add(total, product)
            return bool(compare(total, 0))

        return holds

    # ------------------------------------------------------------------ what is seen

    def _reading(self, operand: p.Operand) -> _Reading:
        """From a tuple of stored values to the value tested: a Decimal, text, int, bool or list."""
        first, steps = self._first(operand)

        def read(values: Sequence[Value]) -> Value:
            value = first(values)
            if value is None:
                return None
            for step in steps:
                value = step(value)
            return value

        return read

    def _first(self, operand: p.Operand) -> tuple[_Reading, list[Callable[[Value], Value]]]:
        """How the value is read, and the steps that are left to be done on it."""
        seen = operand.seen
        if isinstance(seen, p.Joined):
            return self._joined(seen), [step_of(step) for step in operand.steps]
        if counts_days(operand):
            zone, days = operand.steps[0].zone, self._days  # type: ignore[union-attr]
            if days is None:
                raise Unknown("an anniversary where time stands still")
            place = self._sources.index(Day(seen))
            rest = [step_of(step) for step in operand.steps[1:]]
            return lambda values: values[place], [lambda day: days.until(zone, day), *rest]
        place = self._sources.index(seen)
        steps = [step_of(step) for step in operand.steps]
        if seen.kind == "number":
            steps.insert(0, Decimal)
        return lambda values: values[place], steps

    def _joined(self, seen: p.Joined) -> _Reading:
        parts = [part if isinstance(part, str) else self._reading(part) for part in seen.parts]

        def read(values: Sequence[Value]) -> Value:
            texts = [part if isinstance(part, str) else part(values) for part in parts]
            return None if any(text is None for text in texts) else "".join(texts)

        return read


def counts_days(operand: p.Operand) -> bool:
    """Whether days to an anniversary are counted from the value seen."""
    return bool(operand.steps) and isinstance(operand.steps[0], p.DaysToAnniversary)


def seen_in(source: Source) -> p.Seen:
    """What it is read from."""
    return source.seen if isinstance(source, Day) else source


def sources_of(tree: p.Tree[Any]) -> tuple[Source, ...]:
    """What a tree of leaves looks at, each once."""
    return tuple(dict.fromkeys(one for leaf in leaves(tree) for one in _sources(leaf)))


def _sources(leaf: Any) -> Iterator[Source]:
    for operand in operands(leaf):
        for seen in sources(operand):
            yield Day(seen) if counts_days(operand) else seen
