"""From the meaning to the plan: negation goes to the leaves, values become tests."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TypeVar, cast

from carpel.engine import plan as p

from . import meaning as m
from .catalogue import Catalogue
from .comparisons import MIRRORED, OPPOSITE, Comparisons, kept_decimal, number_test
from .moments import CannotKeep
from .nesting import MOST_LEAVES, opposite, size
from .patterns import read_pattern
from .problems import Complaints

Leaf = TypeVar("Leaf")


def lower(condition: m.Condition, catalogue: Catalogue, complaints: Complaints) -> p.Plan:
    """The plan of a checked condition; what cannot be kept exact is added to the complaints."""
    return _Lowering(catalogue, complaints).contact(condition, negated=False)


class _Lowering:
    def __init__(self, catalogue: Catalogue, complaints: Complaints) -> None:
        self._catalogue = catalogue
        self._complaints = complaints
        self._comparisons = Comparisons(catalogue)

    # ------------------------------------------------------------------- trees

    def contact(self, condition: m.Condition, *, negated: bool) -> p.Plan:
        """A condition on contacts."""
        match condition:
            case m.Both() | m.Either():
                parts = tuple(self.contact(part, negated=negated) for part in condition.parts)
                return _join(isinstance(condition, m.Both) != negated, parts)
            case m.Not():
                return self.contact(condition.part, negated=not negated)
            case m.Everyone():
                return p.NoOne() if negated else p.Everyone()
            case m.InLists():
                return self._lists(condition, negated=negated)
            case m.InSegments():
                return self._segments(condition, negated=negated)
            case m.Events():
                return self._events(condition, negated=negated)
            case m.Sequence():
                return self._sequence(condition, negated=negated)
            case _:
                return cast("p.Plan", self._test(condition, negated=negated))

    def _row(self, condition: m.Condition, *, negated: bool) -> p.Tree[p.RowLeaf]:
        """A condition on one event."""
        match condition:
            case m.Both() | m.Either():
                parts = tuple(self._row(part, negated=negated) for part in condition.parts)
                return _join(isinstance(condition, m.Both) != negated, parts)
            case m.Not():
                return self._row(condition.part, negated=not negated)
            case m.Everyone():
                return p.NoOne() if negated else p.Everyone()
            case _:
                return self._test(condition, negated=negated)

    def _having(self, condition: m.Condition, *, negated: bool) -> p.Tree[p.AggregateTest]:
        """A condition on all chosen events of a contact together."""
        match condition:
            case m.Both() | m.Either():
                parts = tuple(self._having(part, negated=negated) for part in condition.parts)
                return _join(isinstance(condition, m.Both) != negated, parts)
            case m.Not():
                return self._having(condition.part, negated=not negated)
            case m.Everyone():
                return p.NoOne() if negated else p.Everyone()
            case _:
                return self._aggregate_test(condition, negated=negated)

    def _lists(self, condition: m.InLists, *, negated: bool) -> p.Plan:
        numbers = [self._catalogue.list_number(list_id) for list_id in condition.lists]
        tests = tuple(p.ListTest(number, negated) for number in numbers if number is not None)
        return _join(negated, tests)

    def _segments(self, condition: m.InSegments, *, negated: bool) -> p.Plan:
        """The rules of the segments in the place of their names; who changes one, changes this."""
        plans: list[p.Plan] = []
        for segment_id in condition.segments:
            plan = self._catalogue.segment_plan(segment_id)
            assert plan is not None, "check() lets only whole segments pass"  # noqa: S101
            plans.append(opposite(plan) if negated else plan)
        found: p.Plan = _join(negated, tuple(plans))
        if size(found) > MOST_LEAVES:
            self._complaints.add(
                "too_complex",
                f"with the segments inside, there are more than {MOST_LEAVES:,} conditions",
                condition.place,
            )
        return found

    def _sequence(self, sequence: m.Sequence, *, negated: bool) -> p.Plan:
        first = self._row(sequence.first, negated=False)
        then = tuple(
            p.Then(
                self._row(one.where, negated=False),
                one.within.microseconds if one.within is not None else None,
            )
            for one in sequence.then
        )
        if any(isinstance(row, p.NoOne) for row in (first, *(one.where for one in then))):
            return p.Everyone() if negated else p.NoOne()
        return p.SequenceTest(first, then, negated)

    def _events(self, events: m.Events, *, negated: bool) -> p.Plan:
        where: p.Tree[p.RowLeaf] = p.Everyone()
        if events.where is not None:
            where = self._row(events.where, negated=False)
        having = self._having(events.having, negated=False) if events.having is not None else None
        if isinstance(where, p.NoOne) or isinstance(having, p.NoOne):
            return p.Everyone() if negated else p.NoOne()
        if isinstance(having, p.Everyone):
            having = None
        return p.EventTest(where, having, negated)

    # ------------------------------------------------------------------- tests

    def _test(self, condition: m.Condition, *, negated: bool) -> p.Tree[p.RowLeaf]:
        try:
            return self._plain_test(condition, negated=negated)
        except CannotKeep as reason:
            self._complaints.add("cannot_keep_exact", reason.reason, condition.place, reason.hint)
            return p.NoOne()

    def _plain_test(self, condition: m.Condition, *, negated: bool) -> p.Tree[p.RowLeaf]:
        match condition:
            case m.Compare():
                return self._compare(condition, negated=negated)
            case m.Between():
                return self._between(condition, negated=negated)
            case m.OneOf():
                return self._one_of(condition, negated=negated)
            case m.Like():
                operand = self._comparisons.operand(condition.value, "text")
                pattern = read_pattern(condition.pattern)
                wrong = condition.negated != negated
                return p.ValueTest(operand, p.Matches(pattern, condition.ignore_case, wrong))
            case m.Regexp():
                operand = self._comparisons.operand(condition.value, "text")
                fits = p.FitsRegexp(condition.pattern, condition.ignore_case, negated)
                return p.ValueTest(operand, fits)
            case m.Missing():
                return self._missing(condition.value, there=condition.negated != negated)
            case m.Contains():
                operand = self._comparisons.operand(condition.value, "text-list")
                members = tuple(str(member.value) for member in condition.members)
                return p.ValueTest(operand, p.Contains(members, negated))
            case _:
                raise CannotKeep("this condition cannot stand here")

    def _compare(self, condition: m.Compare, *, negated: bool) -> p.Tree[p.RowLeaf]:
        left, right = condition.left, condition.right
        match condition.operator:
            case "is distinct from" | "is not distinct from":
                differs = (condition.operator == "is distinct from") != negated
                return self._distinct(left, right, differs=differs)
            case operator:
                wanted = OPPOSITE[operator] if negated else operator
                return self._comparisons.compare(wanted, left, right)

    def _distinct(self, left: m.Value, right: m.Value, *, differs: bool) -> p.Tree[p.RowLeaf]:
        if _is_null(right):
            return self._missing(left, there=differs)
        if _is_null(left):
            return self._missing(right, there=differs)
        kind = self._comparisons.common_kind(left, right)  # what does not read as it is missing
        if not differs:
            same = self._comparisons.compare("=", left, right)
            if _is_there(left) or _is_there(right):
                return same
            none = tuple(self._missing(side, kind, there=False) for side in (left, right))
            return _join(False, (same, _join(True, none)))
        parts = [self._comparisons.compare("!=", left, right)]
        seen = [side for side in (left, right) if not _is_there(side)]
        if len(seen) == 1:
            parts.append(self._missing(seen[0], kind, there=False))
        elif seen:
            for one, other in ((left, right), (right, left)):
                gone, there = (
                    self._missing(one, kind, there=False),
                    self._missing(other, kind, there=True),
                )
                parts.append(_join(True, (gone, there)))
        return _join(False, tuple(parts))

    def _missing(self, value: m.Value, kind: m.Type = "any", *, there: bool) -> p.Tree[p.RowLeaf]:
        if isinstance(value, m.Constant):
            return p.Everyone() if (value.value is not None) == there else p.NoOne()
        return p.ValueTest(self._comparisons.operand(value, kind), p.Missing(negated=there))

    def _between(self, condition: m.Between, *, negated: bool) -> p.Tree[p.RowLeaf]:
        outside = condition.negated != negated
        low = self._comparisons.compare("<" if outside else ">=", condition.value, condition.low)
        high = self._comparisons.compare(">" if outside else "<=", condition.value, condition.high)
        return _join(not outside, (low, high))

    def _one_of(self, condition: m.OneOf, *, negated: bool) -> p.Tree[p.RowLeaf]:
        """X NOT IN (…, NULL) is never true: the comparison with NULL stays unknown."""
        outside = condition.negated != negated
        options = [option for option in condition.options if option.value is not None]
        if outside and len(options) < len(condition.options):
            return p.NoOne()
        operator: p.Operator = "!=" if outside else "="
        tests = [self._comparisons.compare(operator, condition.value, one) for one in options]
        return _join(outside, _gathered(tests, negated=outside))

    # -------------------------------------------------------------- aggregates

    def _aggregate_test(self, condition: m.Condition, *, negated: bool) -> p.Tree[p.AggregateTest]:
        try:
            return self._plain_aggregate_test(condition, negated=negated)
        except CannotKeep as reason:
            self._complaints.add("cannot_keep_exact", reason.reason, condition.place, reason.hint)
            return p.NoOne()

    def _plain_aggregate_test(
        self, condition: m.Condition, *, negated: bool
    ) -> p.Tree[p.AggregateTest]:
        match condition:
            case m.Compare(operator="=" | "!=" | "<" | "<=" | ">" | ">=" as operator):
                wanted = OPPOSITE[operator] if negated else operator
                return self._aggregate(wanted, condition.left, condition.right)
            case m.Between():
                outside = condition.negated != negated
                low = self._aggregate("<" if outside else ">=", condition.value, condition.low)
                high = self._aggregate(">" if outside else "<=", condition.value, condition.high)
                return _join(not outside, (low, high))
            case m.OneOf() if all(option.value is not None for option in condition.options):
                outside = condition.negated != negated
                wanted = "!=" if outside else "="
                tests = tuple(
                    self._aggregate(wanted, condition.value, option) for option in condition.options
                )
                return _join(outside, tests)
            case _:
                raise CannotKeep(
                    "HAVING compares COUNT, SUM, AVG, MIN or MAX with a constant",
                    "HAVING COUNT(*) >= 3",
                )

    def _aggregate(
        self, operator: p.Operator, left: m.Value, right: m.Value
    ) -> p.Tree[p.AggregateTest]:
        if not isinstance(left, m.Aggregate):
            left, right = right, left
            operator = MIRRORED[operator]
        if not isinstance(left, m.Aggregate):
            raise CannotKeep(
                "HAVING needs COUNT, SUM, AVG, MIN or MAX here", "HAVING COUNT(*) >= 3"
            )
        kind = self._comparisons.common_kind(left, right)
        stand_in = p.Operand(p.Column("", "date" if kind == "date" else "number"))
        if kind == "date":
            tests = cast(
                "p.Tree[p.ValueTest]", self._comparisons.date_test(stand_in, operator, right)
            )
        else:
            tests = self._plain_threshold(stand_in, operator, right, average=left.name == "avg")
        return self._over(left, kind, tests)

    def _plain_threshold(
        self, stand_in: p.Operand, operator: p.Operator, right: m.Value, *, average: bool
    ) -> p.Tree[p.ValueTest]:
        if not isinstance(right, m.Constant) or right.value is None:
            raise CannotKeep(
                "HAVING compares with a constant", "HAVING SUM(properties.value) > 100"
            )
        value = right.value
        if not isinstance(value, Decimal):
            return p.ValueTest(stand_in, p.Compare(operator, value))
        if not average:
            return number_test(stand_in, operator, Fraction(value))
        kept = kept_decimal(Fraction(value))
        if kept is None:
            raise CannotKeep("an average is compared with at most 12 decimals")
        return p.ValueTest(stand_in, p.Compare(operator, kept))

    def _over(
        self, aggregate: m.Aggregate, kind: m.Type, tests: p.Tree[p.ValueTest]
    ) -> p.Tree[p.AggregateTest]:
        """The tests, made of the aggregate instead of the stand-in they were written for."""
        if not isinstance(tests, p.ValueTest):
            return cast("p.Tree[p.AggregateTest]", tests)
        of = None
        if aggregate.value is not None:
            reads: dict[m.AggregateName, m.Type] = {
                "count": "any", "count distinct": "text", "sum": "number", "avg": "number",
            }  # fmt: skip
            of = self._comparisons.operand(aggregate.value, reads.get(aggregate.name, kind)).seen
        function = "average" if aggregate.name == "avg" else aggregate.name
        test = cast("p.Compare | p.OneOf | p.Missing", tests.test)
        return p.AggregateTest(function, of, test)


def _join(every: bool, parts: tuple[p.Tree[Leaf], ...]) -> p.Tree[Leaf]:  # noqa: FBT001
    """Parts joined by AND (`every`) or OR, flat and without parts that decide nothing."""
    flat: list[p.Tree[Leaf]] = []
    for part in parts:
        if isinstance(part, p.NoOne if every else p.Everyone):
            return part
        if isinstance(part, p.Everyone if every else p.NoOne):
            continue
        if isinstance(part, p.All if every else p.AnyOf):
            flat.extend(part.parts)
        else:
            flat.append(part)
    distinct = tuple(dict.fromkeys(flat))
    if not distinct:
        return p.Everyone() if every else p.NoOne()
    if len(distinct) == 1:
        return distinct[0]
    return p.All(distinct) if every else p.AnyOf(distinct)


def _gathered(tests: list[p.Tree[p.RowLeaf]], *, negated: bool) -> tuple[p.Tree[p.RowLeaf], ...]:
    """Comparisons of one value with constants, those that see it as the same kind made one."""
    rest: list[p.Tree[p.RowLeaf]] = []
    constants: dict[p.Operand, list[p.Constant]] = {}
    for test in tests:
        match test:
            case p.ValueTest(operand, p.Compare("=" | "!=", constant)):
                constants.setdefault(operand, []).append(constant)
            case _:
                rest.append(test)
    found = (
        p.ValueTest(operand, p.OneOf(tuple(dict.fromkeys(some)), negated))
        for operand, some in constants.items()
    )
    return (*found, *rest)


def _is_there(value: m.Value) -> bool:
    """Whether the value is the same for all, and not NULL."""
    match value:
        case m.Constant() | m.Timestamp() | m.Now() | m.Duration():
            return True
        case m.Math(operator="+" | "-"):
            return _is_there(value.left) and _is_there(value.right)
        case _:
            return False


def _is_null(value: m.Value) -> bool:
    return isinstance(value, m.Constant) and value.value is None
