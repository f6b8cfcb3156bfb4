"""The order in which new leaves get their slots."""

from __future__ import annotations

from carpel.engine import plan as p

from .groups import columns_of
from .streams import take_apart
from .values import holds_still


def neighbours(leaf: p.ContactLeaf) -> str:
    """What leaves that are answered together have in common."""
    if isinstance(leaf, p.EventTest | p.SequenceTest):
        return f"event {take_apart(leaf).stream}"
    return f"contact {holds_still(leaf)} {columns_of(leaf)}"  # type: ignore[arg-type]
