"""Why someone is in a segment, or out: the rules with the truth of each clause."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from carpel.domain.contacts import Contact
from carpel.domain.workspaces import Workspace
from carpel.engine.live import Engine
from carpel.engine.look import Look
from carpel.engine.plan import EventTest, SequenceTest
from carpel.kit.instants import format_instant
from carpel.query import meaning as m
from carpel.query.catalogue import Catalogue
from carpel.query.compile import compile_document
from carpel.query.lower import lower
from carpel.query.problems import Complaints, Refused
from carpel.query.render import render, render_value
from carpel.query.sentence import sentence

from .model import Segment
from .service import BadQuery, Segments


@dataclass(frozen=True)
class Why:
    """One clause: what it says, whether it is true, and what was seen.

    `kind` is all, any, not or clause. `decides`: were its truth the other one, for all clauses that
    decide, then so were the whole's. `seen` holds the contact's values by name, and for a
    condition on events how many fit.
    """

    kind: str
    sql: str
    sentence: str
    true: bool
    seen: dict[str, Any] = field(default_factory=dict)
    parts: tuple[Why, ...] = ()
    decides: bool = False


@dataclass(frozen=True)
class Explanation:
    """Whether a contact is in, why, and when time alone would change it."""

    member: bool
    at: int
    why: Why
    next_change_at: int | None


def explain(
    segments: Segments,
    engine: Engine,
    workspace: Workspace,
    segment: Segment,
    who: tuple[int, Contact],
) -> Explanation:
    """Explain one contact, by number and as shown, at this moment."""
    names = segments.names(workspace.no)
    try:
        compiled = compile_document(segment.document, names)
    except Refused as refused:
        raise BadQuery(refused.problems, in_document=True) from None
    condition = compiled.condition
    if segment.list is not None:
        condition = m.both((m.InLists((segment.list,)), condition))
    number, contact = who
    with engine.look_at(workspace.no, number) as look:
        explainer = _Explainer(names, look, contact)
        why = _deciding(explainer.why(condition))
        plan = explainer.plan(condition)
        return Explanation(look.fits(plan), look.now, why, look.next_change(plan))


class _Explainer:
    def __init__(self, names: Catalogue, look: Look, contact: Contact) -> None:
        self._names = names
        self._look = look
        self._contact = contact

    def plan(self, condition: m.Condition) -> Any:
        return lower(condition, self._names, Complaints())

    def why(self, condition: m.Condition) -> Why:
        parts: tuple[m.Condition, ...] = ()
        kind = "clause"
        match condition:
            case m.Both():
                kind, parts = "all", condition.parts
            case m.Either():
                kind, parts = "any", condition.parts
            case m.Not():
                kind, parts = "not", (condition.part,)
            case _:
                pass
        plan = self.plan(condition)
        return Why(
            kind,
            render(condition),
            sentence(condition, self._names),
            self._look.fits(plan),
            {} if parts else self._seen(condition, plan),
            tuple(self.why(part) for part in parts),
        )

    def _seen(self, condition: m.Condition, plan: Any) -> dict[str, Any]:
        if isinstance(condition, m.Events):
            counted = EventTest(plan.where) if isinstance(plan, EventTest) else None
            return {"events": self._look.events(counted) if counted is not None else 0}
        if isinstance(condition, m.Sequence):
            steps = (
                (plan.first, *(then.where for then in plan.then))
                if isinstance(plan, SequenceTest)
                else ()
            )
            return {"events": [self._look.events(EventTest(step)) for step in steps]}
        if isinstance(condition, m.InSegments):
            plans = {one: self._names.segment_plan(one) for one in condition.segments}
            return {
                "segments": {
                    self._names.segment_name(one): self._look.fits(found)
                    for one, found in plans.items()
                    if found is not None
                }
            }
        if isinstance(condition, m.InLists):
            return {"list_ids": list(self._contact.lists)}
        return {render_value(name): self._value(name.name) for name in _fields(condition)}

    def _value(self, name: str) -> Any:
        shown: dict[str, Any] = {
            "contact_id": self._contact.id,
            "created_at": format_instant(self._contact.created_at),
            "updated_at": format_instant(self._contact.updated_at),
            **self._contact.identifiers,
        }
        return shown.get(name, self._contact.fields.get(name))


def _deciding(why: Why) -> Why:
    """Mark what decides: of several, those that are as true as they are together."""
    parts = tuple(
        _deciding(part) if why.kind == "not" or part.true == why.true else part
        for part in why.parts
    )
    return replace(why, decides=True, parts=parts)


def _fields(node: Any) -> list[m.Field]:
    """The fields anywhere in a condition, in order, without repeats."""
    if isinstance(node, m.Field):
        return [node]
    if isinstance(node, tuple):
        inner: list[Any] = list(node)
    elif hasattr(node, "__dataclass_fields__"):
        inner = [getattr(node, name) for name in node.__dataclass_fields__ if name != "place"]
    else:
        return []
    return list(dict.fromkeys(found for part in inner for found in _fields(part)))
