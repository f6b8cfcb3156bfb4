"""Changes of contacts, checked before they are acknowledged."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, cast

import msgspec

from carpel.domain.fields import (
    CONVERTERS,
    BadValue,
    Field,
    Fields,
    FieldType,
    Stored,
    objects,
)
from carpel.domain.lists import Lists
from carpel.domain.refusals import Refusal
from carpel.domain.workspaces import Workspace
from carpel.kit.ids import id_bytes
from carpel.storage.people import PeopleView

from .model import IDENTIFIERS, FieldChange, How, Write

LONGEST_IDENTIFIER = 254
_EMAIL = re.compile(r"[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+\.[^@\s.\x00-\x1f]+")
_Setter = tuple[int, Callable[[Any], Stored]]
_KINDS = tuple((name, kind.value, f"/{name}") for name, kind in IDENTIFIERS.items())
TYPE_FOR: dict[How, FieldType] = {
    "add": "number",
    "join": "text-list",
    "leave": "text-list",
    "append": "text-list",
    "merge": "object",
    "extend": "object",
    "amend": "object",
    "drop": "object",
}
_READ_ONLY = ("contact_id", "email_domains", "list_ids", "updated_at")


class WriteRefused(Refusal):
    """A change of a contact cannot be taken; `pointer` says where in it."""

    def __init__(self, code: str, message: str, pointer: str) -> None:
        super().__init__(code, message, pointer)
        self.pointer = pointer


class DraftChange(NamedTuple):
    """A change of a field, by name, that depends on what is there; see FieldChange."""

    field: str
    how: How
    value: Any


class Draft(msgspec.Struct, frozen=True, gc=False):
    """A change of one contact in the product's own words, not yet checked.

    `identifiers` may hold `id`, `external_id`, `email`, `phone_number_id`, `anonymous_id`, and
    other keys, which are passed over; `fields` are by name, in JSON's types; `lists` by id or name.
    `changes` come after `fields`; `aliases` are names by label; `lists` are added to,
    `leave_lists` taken away from.
    """

    identifiers: dict[str, Any]
    fields: dict[str, Any] = {}
    lists: list[Any] = []
    create: bool = True
    changes: list[DraftChange] = []
    aliases: dict[str, str] = {}
    leave_lists: list[Any] = []


class Checker:
    """Checks changes of one workspace's contacts; names are looked up once."""

    def __init__(
        self,
        workspace: Workspace,
        people: PeopleView,
        fields: Fields,
        lists: Lists,
        making: Mapping[str, Field],
    ) -> None:
        self._workspace = workspace
        self._people = people
        self._fields = fields
        self._lists = lists
        self._making = making
        self._known: dict[str, _Setter] = {}
        self._objects: set[int] = set()
        self.parts: dict[int, dict[objects.Path, FieldType]] = {}  # seen so far, by object

    def check(self, draft: Draft) -> Write:
        """The change, ready to be logged.

        Raises:
            WriteRefused: the first thing that is wrong in it.
        """
        write, refused = self.check_parts(draft)
        if refused:
            raise refused[0]
        return write

    def check_parts(self, draft: Draft) -> tuple[Write, list[WriteRefused]]:
        """The change without those fields that cannot be taken, and why they cannot.

        Raises:
            WriteRefused: it cannot be taken at all: nobody is meant, or a list does not exist.
        """
        contact_id, identifiers = self.identify(draft.identifiers, draft.aliases)
        fields: dict[int, Stored | None] = {}
        refused: list[WriteRefused] = []
        known = self._known
        for name, value in draft.fields.items():
            try:
                number, convert = known.get(name) or self._look_up(name)
                fields[number] = stored = convert(value) if value is not None else None
                if number in self._objects and isinstance(stored, str):
                    self._note(number, objects.read(stored))
            except BadValue as error:
                refused.append(_bad_value(name, error))
            except WriteRefused as error:
                refused.append(error)
        created_at = None
        if fields and min(fields) <= 0:
            created_at = self._take_out(fields, identifiers)
        lists = [self._list(place, name) for place, name in enumerate(draft.lists)]
        leave = [self._list(place, name) for place, name in enumerate(draft.leave_lists)]
        changes = self._changes(draft.changes, refused) if draft.changes else []
        write = Write(
            contact_id, identifiers, fields, lists, draft.create, created_at, changes, leave,
            draft.aliases,
        )  # fmt: skip
        return write, refused

    def _changes(self, wanted: list[DraftChange], refused: list[WriteRefused]) -> list[FieldChange]:
        changes = []
        for name, how, value in wanted:
            try:
                number, convert = self._known.get(name) or self._look_up(name)
                if number <= 0:
                    raise WriteRefused("read_only", f"{name} can only be set", f"/fields/{name}")
                changes.append(FieldChange(number, how, self._changed(number, how, value, convert)))
            except BadValue as error:
                refused.append(_bad_value(name, error))
            except WriteRefused as error:
                refused.append(error)
        return changes

    def _changed(
        self, number: int, how: How, value: Any, convert: Callable[[Any], Stored]
    ) -> Stored:
        """The value of a change. One of an object's array comes ready for JSON."""
        if (TYPE_FOR[how] == "object") != (number in self._objects):
            raise BadValue(f"only {TYPE_FOR[how]} can be changed like this")
        if how == "merge":
            self._note(number, objects.without_nulls(value))
            return objects.write(value)
        if how == "amend":
            for _, _, members in value:
                self._note(number, [objects.without_nulls(members)])
            return objects.write(value)
        if how == "drop":
            return objects.write(value)
        stored = convert(value)
        if how == "extend" and isinstance(stored, str):
            self._note(number, objects.read(stored))
        return stored

    def _note(self, number: int, value: Any) -> None:
        """Parts of an object that rules may want to name."""
        for path, field_type in objects.parts(value).items():
            self.parts.setdefault(number, {}).setdefault(path, field_type)

    def identify(
        self, given: Mapping[str, Any], aliases: Mapping[str, str] = MappingProxyType({})
    ) -> tuple[bytes | None, dict[int, str | None]]:
        """Who is meant: an id, or identifiers by kind.

        Raises:
            WriteRefused: none is given, one is malformed, or no contact has the id.
        """
        identifiers: dict[int, str | None] = {}
        some = bool(aliases)
        for name, kind, pointer in _KINDS:
            if name in given:
                identifiers[kind] = found = _identifier(name, given[name], pointer)
                some = some or found is not None
        value = given.get("id")
        contact_id = None if value is None else self._checked_id(value)
        if contact_id is None and not some:
            names = ", ".join(("id", *IDENTIFIERS))
            raise WriteRefused("no_identifier", f"one of {names} is needed", "")
        return contact_id, identifiers

    def _checked_id(self, value: Any) -> bytes:
        raw = id_bytes(value) if isinstance(value, str) else None
        if raw is None or self._people.number_of_id(self._workspace.no, raw) is None:
            raise WriteRefused("no_such_contact", f"no contact has the id {value!r}", "/id")
        return raw

    def _look_up(self, name: str) -> _Setter:
        """Where a field's value goes, and what makes it ready.

        What is no field of the row gets a number of its own, to be taken out again: minus its kind
        for an identifier, 0 for the time of creation.
        """
        known = self._fields.find(self._workspace.no, name) or self._making.get(name.lower())
        if known is None:
            raise WriteRefused("unknown_field", f"there is no field {name!r}", f"/fields/{name}")
        if known.type == "object":
            self._objects.add(known.no)
        if known.name in _READ_ONLY or known.role == "part":
            raise WriteRefused("read_only", f"{known.name} cannot be set", f"/fields/{name}")
        setter: _Setter = (known.no, CONVERTERS[known.type])
        if known.role == "identifier":
            pointer = f"/fields/{name}"
            setter = (
                -IDENTIFIERS[known.name],
                lambda value: _identifier(known.name, value, pointer) or "",
            )
        self._known[name] = setter
        return setter

    def _take_out(
        self, fields: dict[int, Stored | None], identifiers: dict[int, str | None]
    ) -> int | None:
        """Move what is no field of the row to where it belongs; returns the time of creation."""
        for number in [number for number in fields if number < 0]:
            identifiers.setdefault(-number, cast("str | None", fields.pop(number)))
        return cast("int | None", fields.pop(0, None))

    def _list(self, place: int, name: Any) -> int:
        found = self._lists.find(self._workspace.no, name) if isinstance(name, str) else None
        if found is None:
            raise WriteRefused("no_such_list", f"there is no list {name!r}", f"/lists/{place}")
        return found.no


def _bad_value(name: str, error: BadValue) -> WriteRefused:
    return WriteRefused("bad_value", f"{name}: {error}", f"/fields/{name}")


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
