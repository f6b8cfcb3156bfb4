"""Contacts read, and checkers of changes of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from carpel.domain.fields import Field, Fields, FieldType, to_json, type_of_json
from carpel.domain.lists import Lists
from carpel.domain.workspaces import Workspace
from carpel.kit.ids import id_bytes, id_text
from carpel.storage.people import PeopleView

from .checker import TYPE_FOR, Checker, Draft
from .model import ALIAS_KIND, KIND_NAMES, Contact, IdentifierKind, Row, alias_value
from .session import decode_row


class Contacts:
    """Checks changes of contacts, and reads contacts."""

    def __init__(self, people: PeopleView, fields: Fields, lists: Lists) -> None:
        self._people = people
        self._fields = fields
        self._lists = lists

    # ---------------------------------------------------------------- checking

    def checker(self, workspace: Workspace, making: Mapping[str, Field] | None = None) -> Checker:
        """Checks the changes of one request; `making` are fields about to be made."""
        return Checker(workspace, self._people, self._fields, self._lists, making or {})

    def new_fields(self, workspace: Workspace, drafts: Iterable[Draft]) -> dict[str, FieldType]:
        """Names not known yet, with the type their first value suggests."""
        found: dict[str, FieldType] = {}
        known: set[str] = set()
        for draft in drafts:
            for name, how, _ in draft.changes:
                if name not in known and self._fields.find(workspace.no, name) is None:
                    found.setdefault(name, TYPE_FOR[how])
            if draft.fields.keys() <= known:
                continue
            for name, value in draft.fields.items():
                if name in known or name in found:
                    continue
                if self._fields.find(workspace.no, name) is not None:
                    known.add(name)
                elif value is not None:
                    found[name] = type_of_json(value)
        return found

    def make_parts(self, workspace: Workspace, checker: Checker) -> None:
        """Let rules name the parts of the objects that a checker has seen.

        To be called before its changes are logged, when the fields themselves are made.
        """
        by_number = self._fields.by_number(workspace.no) if checker.parts else {}
        for number, parts in checker.parts.items():
            if number in by_number:
                self._fields.ensure_parts(workspace, by_number[number], parts)

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

    def by_alias(self, workspace: Workspace, label: str, name: str) -> int | None:
        """The number of the contact with this alias."""
        found = self._people.numbers_of(workspace.no, ALIAS_KIND, alias_value(label, name))
        return next(iter(found), None)

    def read_many(self, workspace: Workspace, numbers: Sequence[int]) -> list[Contact]:
        """These contacts, in the order asked; those gone meanwhile are left out."""
        return [contact for _, contact in self.read_numbered(workspace, numbers)]

    def read_numbered(
        self, workspace: Workspace, numbers: Sequence[int]
    ) -> list[tuple[int, Contact]]:
        """These contacts with their numbers; those gone meanwhile are left out."""
        show = self._showing(workspace)
        return [(no, show(decode_row(raw))) for no, raw in self._people.rows(workspace.no, numbers)]

    def numbers(self, workspace: Workspace, *, after: int, most: int) -> list[int]:
        """The numbers of contacts above one, in order."""
        return self._people.contact_numbers(workspace.no, after, most)

    def count(self, workspace: Workspace) -> int:
        """How many contacts there are."""
        return self._people.contact_count(workspace.no)

    def number_of_id(self, workspace: Workspace, contact_id: str) -> int | None:
        """The number behind an id, former ids included."""
        raw = id_bytes(contact_id)
        return self._people.number_of_id(workspace.no, raw) if raw else None

    def ids_with(self, workspace: Workspace, numbers: Sequence[int], field_no: int) -> list[bytes]:
        """The ids of those of these contacts whose row has a value of a field, even a deleted one."""
        rows = (decode_row(raw) for _, raw in self._people.rows(workspace.no, numbers))
        return [row.id for row in rows if field_no in row.fields]

    def ids_of(self, workspace: Workspace, numbers: Iterable[int]) -> list[bytes]:
        """The ids of these contacts; those gone meanwhile are left out."""
        return self._people.ids_of(workspace.no, numbers)

    def owners(
        self, workspace: Workspace, kind: IdentifierKind, values: Collection[str]
    ) -> dict[str, list[int]]:
        """The numbers of the contacts with each of these identifiers, the oldest first."""
        return self._people.owners_of(workspace.no, kind, values)

    def list_size(self, workspace: Workspace, list_no: int) -> int:
        """How many contacts are in a list."""
        return self._people.list_size(workspace.no, list_no)

    def list_numbers(
        self, workspace: Workspace, list_no: int, most: int, *, after: int = 0
    ) -> list[int]:
        """The numbers of contacts in a list above one, the oldest first."""
        return self._people.list_numbers(workspace.no, list_no, after, most)

    def shown(self, workspace: Workspace, row: Row) -> Contact:
        """A row as shown to the outside."""
        return self._showing(workspace)(row)

    def _showing(self, workspace: Workspace) -> Callable[[Row], Contact]:
        """What shows rows of a workspace; fields and lists are looked up once for all of them."""
        by_number = self._fields.by_number(workspace.no)
        lists = {found.no: found.id for found in self._lists.list_of(workspace.no)}

        def show(row: Row) -> Contact:
            return Contact(
                id_text(row.id),
                {KIND_NAMES[kind]: value for kind, value in sorted(row.identifiers.items())},
                {
                    by_number[number].name: to_json(by_number[number].type, stored)
                    for number, stored in sorted(row.fields.items())
                    if number in by_number
                },
                [lists[number] for number in row.lists if number in lists],
                row.created_at,
                row.updated_at,
                dict(row.aliases),
            )

        return show
