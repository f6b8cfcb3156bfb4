"""What happened on a timeline, for the oracle: who there is as the product shows them, and the events
that were sent, kept here by contact.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from carpel.app.service import Service
from carpel.domain.contacts import Contact as Shown
from carpel.domain.segments import Segment
from carpel.domain.workspaces import Workspace
from carpel.query import meaning as m
from carpel.query.catalogue import Catalogue
from carpel.query.compile import compile_document
from support.oracle import World
from support.oracle_values import Contact, Event
from support.population import BUILT_IN, Json, instant
from support.population_strategies import FIELDS

_MOST = 1_000


class Diary:
    """Events in the order in which they came in, each with the id of its contact."""

    def __init__(self) -> None:
        self._rules: tuple[object, dict[str, m.Condition]] = (None, {})
        self._events: list[Event] = []
        self._seen: set[str] = set()

    def note(self, sent: Json, people: Mapping[str, str]) -> None:
        """An event came in; `people`: ids by external_id and by e-mail address, as they are now."""
        event_id = sent.get("event_id")
        if event_id is not None and event_id in self._seen:
            return
        if event_id is not None:
            self._seen.add(event_id)
        self._events.append(
            Event(
                contact=people[sent.get("external_id") or sent["email"]],
                event=sent["event"],
                time=instant(sent["time"]),
                source=sent.get("source"),
                event_id=event_id,
                properties=sent.get("properties", {}),
            )
        )

    def merged(self, gone: str, kept: str) -> None:
        """One contact turned out to be another."""
        for event in self._events:
            if event["contact"] == gone:
                event["contact"] = kept

    def erased(self, gone: str) -> None:
        """A contact is no more."""
        self._events = [event for event in self._events if event["contact"] != gone]

    def world(
        self, service: Service, workspace: Workspace, segments: list[Segment]
    ) -> tuple[World, dict[str, m.Condition]]:
        """All that is known now, and the meaning of each segment by its id.

        The meanings are the same dictionary as before as long as no segment changes.
        """
        versions = tuple((one.id, one.version) for one in segments)
        if self._rules[0] != versions:
            names = service.segments.names(workspace.no)
            rules = {one.id: _rule(one, names) for one in segments}
            self._rules = (versions, rules)
        people = tuple(map(_contact, shown(service, workspace)))
        rules = self._rules[1]
        return World(people, tuple(self._events), BUILT_IN | FIELDS, rules), rules


def shown(service: Service, workspace: Workspace) -> list[Shown]:
    """Everybody, as the product shows them."""
    numbers = service.contacts.numbers(workspace, after=0, most=_MOST)
    return service.contacts.read_many(workspace, numbers)


def ids_of(service: Service, workspace: Workspace) -> dict[str, str]:
    """Ids by external_id and by e-mail address; several may share one, which means the oldest."""
    return {
        name: person.id
        for person in reversed(shown(service, workspace))
        for name in (person.identifiers.get("email"), person.identifiers.get("external_id"))
        if name is not None
    }


def _rule(segment: Segment, names: Catalogue) -> m.Condition:
    rule = compile_document(segment.document, names).condition
    return rule if segment.list is None else m.both((m.InLists((segment.list,)), rule))


def _contact(person: Shown) -> Contact:
    fields: dict[str, Any] = {
        name: value for name, value in person.fields.items() if name in FIELDS or name in BUILT_IN
    }
    return Contact(
        id=person.id,
        uuid=person.id,
        identifiers=person.identifiers,
        fields=fields,
        lists=person.lists,
        created_at=person.created_at,
        updated_at=person.updated_at,
    )
