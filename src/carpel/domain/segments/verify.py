"""A segment's membership as kept, against the recompute from scratch, contact by contact."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from carpel.domain.contacts import Contact, Contacts
from carpel.domain.refusals import Refusal
from carpel.domain.workspaces import Workspace
from carpel.engine.live import Engine

from .explain import Why, explain
from .model import Segment
from .service import Segments

MOST_SHOWN = 1000
# Explaining a contact asks the columns several times; so many are explained.
MOST_EXPLAINED = 20


@dataclass(frozen=True)
class Difference:
    """A contact that is in on one side only.

    `clause` is the first clause of the rules that decides it, as the recompute sees it; None for a
    contact that is gone, and beyond the first `MOST_EXPLAINED`.
    """

    number: int
    contact: Contact | None
    kept: bool
    recomputed: bool
    clause: str | None = None

    @property
    def name(self) -> str | None:
        """How people know the contact; None when it is gone."""
        one = self.contact
        if one is None:
            return None
        return one.identifiers.get("external_id") or one.identifiers.get("email") or one.id


@dataclass(frozen=True)
class Verified:
    """Both counts, how many contacts differ, and the first of them."""

    count: int
    recomputed: int
    total: int
    differences: list[Difference]


def verify_segment(
    segments: Segments,
    engine: Engine,
    contacts: Contacts,
    workspace: Workspace,
    segment: Segment,
    rest: Callable[[float], None] | None = None,
) -> Verified:
    """Compare; data may come in meanwhile. With `rest` it goes piece by piece, as `Engine.audit`."""
    if segment.problem is not None:
        return Verified(0, 0, 0, [])
    segments.settle([segment])
    kept, recomputed = engine.audit(segment.no, rest)
    differing = sorted(kept ^ recomputed)
    shown = differing[:MOST_SHOWN]
    people = dict(contacts.read_numbered(workspace, shown))
    found: list[Difference] = []
    for number in shown:
        contact, clause = people.get(number), None
        if contact is not None and len(found) < MOST_EXPLAINED:
            clause = _clause(segments, engine, workspace, segment, (number, contact))
        found.append(Difference(number, contact, number in kept, number in recomputed, clause))
    return Verified(len(kept), len(recomputed), len(differing), found)


def _clause(
    segments: Segments,
    engine: Engine,
    workspace: Workspace,
    segment: Segment,
    who: tuple[int, Contact],
) -> str | None:
    """The first clause that decides whether a contact is in."""
    try:
        return _deciding(explain(segments, engine, workspace, segment, who).why).sql
    except Refusal:
        return None


def _deciding(why: Why) -> Why:
    while why.parts:
        why = next(part for part in why.parts if part.decides)
    return why
