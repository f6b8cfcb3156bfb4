"""Contacts and events as they are sent, checked one by one before anything is taken in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from carpel.domain.contacts import Contact, Draft, Write, WriteRefused
from carpel.domain.events import EventDraft, EventRefused
from carpel.domain.fields import FieldType
from carpel.domain.ingest.ahead import Ahead
from carpel.kit.turns import INTERPRETER, checking

from .context import Call
from .items import contact_draft, event_draft
from .problems import Problem, from_refusal

Refused = WriteRefused | EventRefused
Planned = dict[str, FieldType]  # fields that are not there yet, by name


@dataclass
class Checked:
    """What was sent, item by item: ready, or refused with the reason."""

    ready: list[Any]
    refused: list[tuple[int, Refused]]
    places: list[int]  # of the ready ones, among all
    ahead: Ahead | None = None  # what applying them will ask, where it has been looked up

    def take(self, ready: list[tuple[int, Any]]) -> None:
        """These are ready, each with its place among all."""
        self.places, self.ready = [place for place, _ in ready], [one for _, one in ready]


def skips(call: Call) -> bool:
    """Whether what is wrong is left out, and does not refuse the rest."""
    return bool(call.given["on_error"] == "skip")


def import_number(call: Call) -> int:
    """The import that events come with, 0 for none."""
    return int(call.given.get("import") or 0)


def check_contacts(call: Call, items: list[Any], planned: Planned | None = None) -> Checked:
    """Contacts, each ready to be logged or refused; fields not known yet are made.

    With `planned` nothing is made: the fields that would be are noted there, and taken as known.
    """
    checked = Checked([], [], [])
    drafts = _each(list(enumerate(items)), contact_draft, checked)
    contacts, fields = call.rooms.contacts, call.rooms.fields
    wanted = contacts.new_fields(call.workspace, [draft for _, draft in drafts])
    if planned is not None:
        planned.update({name: wanted[name] for name in wanted if name not in planned})
        wanted = planned
    with fields.making(call.workspace, wanted) as making:
        checker = contacts.checker(call.workspace, making.fields)
        checked.take(_each(drafts, checker.check, checked))
        if planned is not None or (checked.refused and not skips(call)):
            making.give_up()
            return checked
    contacts.make_parts(call.workspace, checker)
    return checked


def check_edit(call: Call, found: Contact, body: Any) -> Write:
    """The change of one contact that exists: its lists are exactly those that are given.

    Raises:
        Problem: it cannot be taken.
    """
    try:
        draft = contact_draft(body)
    except WriteRefused as refused:
        raise from_refusal(refused) from None
    if draft.identifiers.get("id", found.id) != found.id:
        raise Problem(400, "bad_body", "an id cannot change", more={"pointer": "/id"})
    draft = Draft({**draft.identifiers, "id": found.id}, draft.fields, draft.lists)
    contacts, workspace = call.rooms.contacts, call.workspace
    with call.rooms.fields.making(workspace, contacts.new_fields(workspace, [draft])) as making:
        checker = contacts.checker(workspace, making.fields)
        write = checker.check(draft)
    contacts.make_parts(workspace, checker)
    if body.get("lists") is not None:
        known = {one.id: one.no for one in call.rooms.lists.list_of(workspace.no)}
        write.leave_lists = [known[one] for one in found.lists if known[one] not in write.lists]
    return write


def check_events(call: Call, items: list[Any], _planned: Planned | None = None) -> Checked:
    """Events, each ready to be logged or refused; nothing is made."""
    checked = Checked([], [], [])
    run = import_number(call)
    create = call.given["known_only"] != "true"

    def draft_of(item: Any) -> EventDraft:
        return event_draft(item, create=create, recognise=run != 0)

    checker = call.rooms.events.checker(call.workspace)
    drafts = _each(list(enumerate(items)), draft_of, checked)
    checked.take(_each(drafts, checker.check, checked))
    return checked


def _each(
    given: list[tuple[int, Any]], work: Callable[[Any], Any], checked: Checked
) -> list[tuple[int, Any]]:
    """What becomes of each item, with its place among all; who is refused is put down."""
    made = []
    with checking(len(given)):
        for place, one in given:
            INTERPRETER.give_way()
            try:
                made.append((place, work(one)))
            except (WriteRefused, EventRefused) as refused:
                checked.refused.append((place, refused))
    return made
