"""Which rules the engine in memory knows."""

from __future__ import annotations

from carpel.engine import plan as p
from carpel.engine.reads import leaves

from .contacts import ContactSide
from .streams import take_apart
from .values import Unknown


def knows(plan: p.Plan) -> bool:
    """Whether segments of this plan can be kept in memory."""
    try:
        for leaf in leaves(plan):
            if isinstance(leaf, p.EventTest | p.SequenceTest):
                take_apart(leaf)
            elif isinstance(leaf, p.ValueTest | p.PairTest | p.FormulaTest | p.ListTest):
                ContactSide.check(leaf)
            else:
                return False
    except Unknown:
        return False
    return True
