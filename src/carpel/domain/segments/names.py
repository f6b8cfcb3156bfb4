"""A workspace's fields and lists, as the language may name them."""

from __future__ import annotations

from typing_extensions import override

from carpel.domain.fields import Fields
from carpel.domain.lists import List, Lists
from carpel.query.catalogue import Catalogue, FieldInfo


class WorkspaceNames(Catalogue):
    """The names of one workspace, as they are now."""

    def __init__(self, workspace: int, fields: Fields, lists: Lists) -> None:
        self._workspace = workspace
        self._fields = fields
        self._lists = lists

    @override
    def find_field(self, name: str) -> FieldInfo | None:
        field = self._fields.find(self._workspace, name)
        if field is None or field.type == "object":
            return None  # rules name the parts of an object
        return FieldInfo(field.name, field.type, field.column)

    @override
    def field_names(self) -> list[str]:
        return [field.name for field in self._fields.list_of(self._workspace)]

    @override
    def find_list(self, id_or_name: str) -> str | None:
        found = self._find(id_or_name)
        return found.id if found else None

    @override
    def list_number(self, list_id: str) -> int | None:
        found = self._find(list_id)
        return found.no if found else None

    @override
    def list_name(self, list_id: str) -> str:
        found = self._lists.find(self._workspace, list_id)
        return found.name if found else list_id

    @override
    def list_names(self) -> list[str]:
        return [found.name for found in self._lists.list_of(self._workspace)]

    def _find(self, id_or_name: str) -> List | None:
        """A list, or by its id one that is deleted: rules may name it still, and mean nobody."""
        return self._lists.find(self._workspace, id_or_name) or self._lists.find_ever(
            self._workspace, id_or_name
        )
