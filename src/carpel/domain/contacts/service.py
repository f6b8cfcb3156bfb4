"""Changes of contacts: checked here, before they are acknowledged; and contacts read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from carpel.domain.fields import BadValue, Field, Fields, Stored, from_json, to_json, type_of_json
from carpel.domain.lists import Lists
from carpel.domain.refusals import Refusal
from carpel.domain.workspaces import Workspace
from carpel.kit.ids import id_bytes, id_text
from carpel.storage.people import PeopleView

from .model import IDENTIFIERS, KIND_NAMES, Contact, IdentifierKind, Row, Write
from .session import decode_row

LONGEST_IDENTIFIER = 254
_EMAIL = re.compile(r"[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+\.[^@\s.\x00-\x1f]+")
_READ_ONLY = ("contact_id", "email_domains", "list_ids", "created_at", "updated_at")


class WriteRefused(Refusal):
    """A change of a contact cannot be taken; `pointer` says where in it."""

    def __init__(self, code: str, message: str, pointer: str) -> None:
        super().__init__(code, message, pointer)
        self.pointer = pointer


@dataclass(frozen=True)
class Draft:
    """A change of one contact in the product's own words, not yet checked.

    `identifiers` may hold `id`, `external_id`, `email`, `phone_number_id`, `anonymous_id`;
    `fields` are by name, in JSON's types; `lists` by id or name.
    """

    identifiers: Mapping[str, Any]
    fields: Mapping[str, Any] = field(default_factory=dict)
    lists: Sequence[Any] = ()
    create: bool = True


class Contacts:
    """Checks changes of contacts, and reads contacts."""

    def __init__(self, people: PeopleView, fields: Fields, lists: Lists) -> None:
        self._people = people
        self._fields = fields
        self._lists = lists

    # ---------------------------------------------------------------- checking

    def check(self, workspace: Workspace, draft: Draft) -> Write:
        """The change, ready to be logged. Fields not known yet must be made first: `new_fields`.

        Raises:
            WriteRefused: the first thing that is wrong in it.
        """
        contact_id, identifiers = self.identify(workspace, draft.identifiers)
        fields = {}
        for name, value in draft.fields.items():
            kind = IDENTIFIERS.get(name.lower())
            if kind is not None:
                identifiers.setdefault(kind, _identifier(name.lower(), value, f"/fields/{name}"))
            else:
                known = self._known(workspace, name)
                fields[known.no] = _value(known, value)
        lists = [self._list(workspace, place, name) for place, name in enumerate(draft.lists)]
        return Write(contact_id, identifiers, fields, lists, draft.create)

    def identify(
        self, workspace: Workspace, given: Mapping[str, Any]
    ) -> tuple[bytes | None, dict[int, str | None]]:
        """Who is meant: an id, or identifiers by kind.

        Raises:
            WriteRefused: none is given, one is malformed, or no contact has the id.
        """
        contact_id = None
        if given.get("id") is not None:
            contact_id = self._checked_id(workspace, given["id"])
        identifiers = {
            kind.value: _identifier(name, given[name], f"/{name}")
            for name, kind in IDENTIFIERS.items()
            if name in given
        }
        if contact_id is None and not any(value is not None for value in identifiers.values()):
            names = ", ".join(("id", *IDENTIFIERS))
            raise WriteRefused("no_identifier", f"one of {names} is needed", "")
        return contact_id, identifiers

    def new_fields(self, workspace: Workspace, drafts: Sequence[Draft]) -> dict[str, Any]:
        """Names not known yet, with the type their first value suggests."""
        found: dict[str, Any] = {}
        for draft in drafts:
            for name, value in draft.fields.items():
                if value is None or name in found or name.lower() in IDENTIFIERS:
                    continue
                if self._fields.find(workspace.no, name) is None:
                    found[name] = type_of_json(value)
        return found

    def _checked_id(self, workspace: Workspace, value: Any) -> bytes:
        raw = id_bytes(value) if isinstance(value, str) else None
        if raw is None or self._people.number_of_id(workspace.no, raw) is None:
            raise WriteRefused("no_such_contact", f"no contact has the id {value!r}", "/id")
        return raw

    def _known(self, workspace: Workspace, name: str) -> Field:
        known = self._fields.find(workspace.no, name)
        if known is None:
            raise WriteRefused("unknown_field", f"there is no field {name!r}", f"/fields/{name}")
        if known.name in _READ_ONLY:
            raise WriteRefused("read_only", f"{known.name} cannot be set", f"/fields/{name}")
        return known

    def _list(self, workspace: Workspace, place: int, name: Any) -> int:
        found = self._lists.find(workspace.no, name) if isinstance(name, str) else None
        if found is None:
            raise WriteRefused("no_such_list", f"there is no list {name!r}", f"/lists/{place}")
        return found.no

    # ----------------------------------------------------------------- reading

    def find(self, workspace: Workspace, reference: str) -> Contact | None:
        """The contact of this id, external_id or email, in that order."""
        no = self.number(workspace, reference)
        raw = self._people.row(workspace.no, no) if no is not None else None
        return self.shown(workspace, decode_row(raw)) if raw is not None else None

    def number(self, workspace: Workspace, reference: str) -> int | None:
        """The number of the contact of this id, external_id or email."""
        raw = id_bytes(reference)
        found = self._people.number_of_id(workspace.no, raw) if raw else None
        for kind, value in (
            (IdentifierKind.EXTERNAL_ID, reference),
            (IdentifierKind.EMAIL, reference.strip().lower()),
        ):
            if found is None:
                found = next(iter(self._people.numbers_of(workspace.no, kind, value)), None)
        return found

    def read_many(self, workspace: Workspace, numbers: Sequence[int]) -> list[Contact]:
        """These contacts, in the order asked; those gone meanwhile are left out."""
        return [
            self.shown(workspace, decode_row(raw))
            for _, raw in self._people.rows(workspace.no, numbers)
        ]

    def shown(self, workspace: Workspace, row: Row) -> Contact:
        """A row as shown to the outside."""
        by_number = self._fields.by_number(workspace.no)
        names = {found.no: found.id for found in self._lists.list_of(workspace.no)}
        return Contact(
            id_text(row.id),
            {KIND_NAMES[kind]: value for kind, value in sorted(row.identifiers.items())},
            {
                by_number[number].name: to_json(by_number[number].type, stored)
                for number, stored in sorted(row.fields.items())
                if number in by_number
            },
            [names[number] for number in row.lists if number in names],
            row.created_at,
            row.updated_at,
        )


def normal_email(text: str) -> str:
    """An address as it is kept: without surrounding space, in lower case.

    Raises:
        BadValue: it is no address.
    """
    address = text.strip().lower()
    if len(address) > LONGEST_IDENTIFIER or not _EMAIL.fullmatch(address):
        raise BadValue(f"“{text[:80]}” is not an e-mail address")
    return address


def _identifier(name: str, value: Any, pointer: str) -> str | None:
    """An identifier as it is kept; numbers are taken as their text, as clients send them."""
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise WriteRefused("bad_identifier", f"{name} is a text", pointer)
    if name == "email":
        try:
            return normal_email(value)
        except BadValue as error:
            raise WriteRefused("bad_email", str(error), pointer) from None
    if not value or len(value) > LONGEST_IDENTIFIER or "\x00" in value:
        raise WriteRefused(
            "bad_identifier", f"{name} has 1 to {LONGEST_IDENTIFIER} characters", pointer
        )
    return value


def _value(known: Field, value: Any) -> Stored | None:
    if value is None:
        return None
    try:
        return from_json(known.type, value)
    except BadValue as error:
        raise WriteRefused("bad_value", f"{known.name}: {error}", f"/fields/{known.name}") from None


__all__ = ["Contacts", "Draft", "WriteRefused", "normal_email"]
