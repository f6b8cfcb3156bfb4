"""The oracle, asked again after each step: who is as before, at the same instant and by the same
rules, is not looked at again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from carpel.query import meaning as m
from support.oracle import World, truth
from support.oracle_calendar import OffTheCalendar
from support.oracle_values import Contact, Event, Row


@dataclass
class _Known:
    """What was found of one contact, by rule; None where it leads off the calendar."""

    contact: Contact
    events: tuple[Event, ...]
    found: dict[str, bool | None] = field(default_factory=dict)


class Oracle:
    """Who is in each of many segments, step by step."""

    def __init__(self) -> None:
        self._of: tuple[Any, int] = ({}, 0)  # rules and instant
        self._known: dict[str, _Known] = {}

    def members(
        self, rules: Mapping[str, m.Condition], world: World, now: int
    ) -> dict[str, set[str] | None]:
        """Ids of contacts by rule; None for a rule that leads off the calendar for somebody.

        Args:
            rules: the same dictionary as long as no rule changes.
            world: as it is now.
            now: in microseconds.
        """
        if self._of[0] is not rules or self._of[1] != now:
            self._known.clear()
        self._of = (rules, now)
        known = {contact["id"]: self._look(contact, world, now) for contact in world.contacts}
        self._known = known
        answers: dict[str, set[str] | None] = {}
        for rule in rules:
            found = {who: one.found[rule] for who, one in known.items()}
            is_whole = None not in found.values()
            answers[rule] = {who for who, is_in in found.items() if is_in} if is_whole else None
        return answers

    def _look(self, contact: Contact, world: World, now: int) -> _Known:
        events = tuple(event for event in world.events if event["contact"] == contact["id"])
        known = self._known.get(contact["id"])
        if known is not None and known.contact == contact and known.events == events:
            return known
        known = _Known(contact, events)
        row = Row(contact, events, world.kinds, now, segments=world.segments)
        for name, rule in world.segments.items():
            known.found[name] = _holds(rule, row)
        return known


def _holds(rule: m.Condition, row: Row) -> bool | None:
    try:
        return truth(rule, row) is True
    except OffTheCalendar:
        return None
