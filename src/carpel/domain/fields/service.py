"""Making and finding fields."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from carpel.domain.refusals import Conflict, Invalid
from carpel.domain.workspaces import Workspace
from carpel.kit.clock import Clock
from carpel.storage.catalogue import Catalogue

from .model import (
    CUSTOM_FROM,
    FIELD_TYPES,
    MOST_CUSTOM,
    MOST_PARTS,
    RESERVED,
    Field,
    FieldType,
    custom,
    part,
)
from .repository import FieldRepository

LONGEST_NAME = 100


@dataclass
class FieldsInMaking:
    """Fields about to be made, by their name in lower case."""

    fields: dict[str, Field]

    def give_up(self) -> None:
        """Make none of them after all."""
        self.fields = {}


class Fields:
    """All fields of all workspaces, by name without case, kept in memory as well."""

    def __init__(self, catalogue: Catalogue, clock: Clock) -> None:
        self._repository = FieldRepository(catalogue)
        self._clock = clock
        self._lock = threading.Lock()
        self._reserved = {field.name: field for field in RESERVED}
        self._custom: dict[int, dict[str, Field]] = {}
        for workspace, field in self._repository.list_all():
            self._custom.setdefault(workspace, {})[field.name.lower()] = field
        self._last = self._repository.last_numbers()

    def find(self, workspace: int, name: str) -> Field | None:
        """The field of this name, whatever its case."""
        folded = name.lower()
        return self._reserved.get(folded) or self._custom.get(workspace, {}).get(folded)

    def list_of(self, workspace: int) -> list[Field]:
        """Reserved fields, then custom ones, the oldest first."""
        return [*RESERVED, *self._custom.get(workspace, {}).values()]

    def by_number(self, workspace: int) -> dict[int, Field]:
        """The fields that a contact's row holds, by their number."""
        return {field.no: field for field in self.list_of(workspace) if field.no}

    def create(self, workspace: Workspace, name: str, field_type: str) -> Field:
        """A new custom field.

        Raises:
            Invalid: a bad name or an unknown type.
            Conflict: the name is taken, by a reserved field too.
        """
        if field_type not in FIELD_TYPES:
            raise Invalid(
                "unknown_type",
                f"there is no type {field_type!r}; types are {', '.join(FIELD_TYPES)}",
                "type",
            )
        known = self.find(workspace.no, name)
        if known is not None:
            raise Conflict("field_exists", f"there is a field {known.name} already", "name")
        return self.ensure(workspace, {name: field_type})[name]  # type: ignore[dict-item]

    def rename(self, workspace: Workspace, field: Field, name: str) -> Field:
        """The same custom field under another name.

        Raises:
            Invalid: a bad name.
            Conflict: the name is taken, by a reserved field too.
        """
        self.check_name(name)
        with self._lock:
            other = self.find(workspace.no, name)
            if other is not None and other.no != field.no:
                raise Conflict("field_exists", f"there is a field {other.name} already", "name")
            renamed = replace(field, name=name)
            self._repository.rename(workspace.no, renamed)
            mine = self._custom[workspace.no]
            self._custom[workspace.no] = {
                one.name.lower(): one
                for one in (renamed if found.no == field.no else found for found in mine.values())
            }
            return renamed

    def delete(self, workspace: Workspace, field: Field) -> None:
        """Forget a custom field; nobody sees its values any more.

        `clearing.forget_field` does that, and sees to the rules that named it and to the values.
        """
        with self._lock:
            self._repository.delete(workspace.no, field.no, self._clock.now())
            mine = self._custom[workspace.no]
            gone = {one.no for one in mine.values() if one.part_of == field.no} | {field.no}
            for number in gone - {field.no}:
                self._repository.delete(workspace.no, number, self._clock.now())
            self._custom[workspace.no] = {
                name: one for name, one in mine.items() if one.no not in gone
            }

    def ensure(self, workspace: Workspace, wanted: Mapping[str, FieldType]) -> dict[str, Field]:
        """The fields of these names, made with these types where they are missing.

        Raises:
            Invalid: a bad name, or more fields than a workspace can have.
        """
        with self.making(workspace, wanted):
            pass
        found = {name: self.find(workspace.no, name) for name in wanted}
        return {name: field for name, field in found.items() if field is not None}

    @contextmanager
    def making(
        self, workspace: Workspace, wanted: Mapping[str, FieldType]
    ) -> Iterator[FieldsInMaking]:
        """The missing ones of these fields, which are made when the block ends well.

        Raises:
            Invalid: a bad name, or more fields than a workspace can have.
        """
        if not wanted:
            yield FieldsInMaking({})
            return
        with self._lock:
            missing = [name for name in wanted if self.find(workspace.no, name) is None]
            planned = FieldsInMaking(self._numbered(workspace.no, missing, wanted))
            yield planned
            if planned.fields:
                self._repository.add(workspace.no, list(planned.fields.values()))
                self._custom.setdefault(workspace.no, {}).update(planned.fields)
                self._last[workspace.no] = max(one.no for one in planned.fields.values())

    def parts_of(self, workspace: int) -> dict[int, list[Field]]:
        """The parts of each object, by its number."""
        found: dict[int, list[Field]] = {}
        for field in self._custom.get(workspace, {}).values():
            if field.part_of:
                found.setdefault(field.part_of, []).append(field)
        return found

    def ensure_parts(
        self, workspace: Workspace, whole: Field, wanted: Mapping[tuple[str, ...], FieldType]
    ) -> None:
        """Make fields of parts of an object that are not known yet.

        A part whose name cannot be a field's or is taken, and parts beyond the most, get none: they
        are kept with the object all the same.
        """
        with self._lock:
            mine = self._custom.setdefault(workspace.no, {})
            known = {one.path for one in mine.values() if one.part_of == whole.no}
            room = MOST_PARTS - sum(1 for one in mine.values() if one.part_of)
            made: dict[str, Field] = {}
            for path, field_type in wanted.items():
                number = self._last.get(workspace.no, CUSTOM_FROM - 1) + len(made) + 1
                fresh = part(number, whole, path, field_type, self._clock.now())
                folded = fresh.name.lower()
                if path in known or len(made) >= room or not _can_be_name(fresh.name):
                    continue
                if folded not in made and self.find(workspace.no, folded) is None:
                    made[folded] = fresh
            if made:
                self._repository.add(workspace.no, list(made.values()))
                self._custom[workspace.no] = {**mine, **made}
                self._last[workspace.no] = max(one.no for one in made.values())

    def check_name(self, name: str) -> None:
        """Raise Invalid when a field cannot have this name."""
        if not _can_be_name(name):
            raise Invalid(
                "bad_field_name",
                f"{name!r} cannot be a field: a name has 1 to {LONGEST_NAME} printable characters",
                name,
            )

    def _numbered(
        self, workspace: int, names: list[str], types: Mapping[str, FieldType]
    ) -> dict[str, Field]:
        known = self._custom.get(workspace, {})
        made: dict[str, Field] = {}
        next_no = self._last.get(workspace, CUSTOM_FROM - 1) + 1
        for name in names:
            self.check_name(name)
            if name.lower() not in made:
                number = next_no + len(made)
                made[name.lower()] = custom(number, name, types[name], self._clock.now())
        if sum(1 for one in known.values() if not one.part_of) + len(made) > MOST_CUSTOM:
            raise Invalid("too_many_fields", f"a workspace has at most {MOST_CUSTOM} custom fields")
        return made


def _can_be_name(name: str) -> bool:
    return 1 <= len(name) <= LONGEST_NAME and name.isprintable() and name == name.strip()
