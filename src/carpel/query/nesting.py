"""Segments inside segments: the plan of those who are not in, and how large a plan is."""

from __future__ import annotations

from dataclasses import replace

from carpel.engine import plan as p

MOST_LEAVES = 5_000

_OPPOSITE: dict[p.Operator, p.Operator] = {
    "=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">",
}  # fmt: skip


def opposite(plan: p.Plan) -> p.Plan:
    """True exactly where the plan is not: a leaf that needs a value also where there is none."""
    match plan:
        case p.All():
            return p.AnyOf(tuple(opposite(part) for part in plan.parts))
        case p.AnyOf():
            return p.All(tuple(opposite(part) for part in plan.parts))
        case p.Everyone():
            return p.NoOne()
        case p.NoOne():
            return p.Everyone()
        case p.ListTest() | p.EventTest() | p.SequenceTest() | p.SegmentTest():
            return replace(plan, negated=not plan.negated)
        case p.PairTest():
            pair = p.PairTest(plan.left, _OPPOSITE[plan.operator], plan.right)
            return p.AnyOf((pair, *_gone((plan.left, plan.right))))
        case p.FormulaTest():
            seen = tuple(dict.fromkeys(one for term in plan.terms for one in term.operands))
            formula = p.FormulaTest(plan.terms, _OPPOSITE[plan.operator])
            return p.AnyOf((formula, *_gone(seen)))
        case p.ValueTest():
            return _opposite_test(plan)


def size(plan: p.Plan) -> int:
    """How many leaves there are."""
    if isinstance(plan, p.All | p.AnyOf):
        return sum(size(part) for part in plan.parts)
    return 1


def _opposite_test(leaf: p.ValueTest) -> p.Plan:
    test = leaf.test
    if isinstance(test, p.Missing):
        return p.ValueTest(leaf.operand, p.Missing(negated=not test.negated))
    other: p.Test
    if isinstance(test, p.Compare):
        other = p.Compare(_OPPOSITE[test.operator], test.constant)
    else:
        other = replace(test, negated=not test.negated)
    return p.AnyOf((p.ValueTest(leaf.operand, other), *_gone((leaf.operand,))))


def _gone(operands: tuple[p.Operand, ...]) -> tuple[p.ValueTest, ...]:
    return tuple(p.ValueTest(operand, p.Missing()) for operand in operands)
