"""A workspace's fields, lists and segments, as the language may name them."""

from __future__ import annotations

from typing import Protocol

from typing_extensions import override

from carpel.domain.fields import Fields
from carpel.domain.lists import List, Lists
from carpel.engine.plan import Plan
from carpel.query.catalogue import Catalogue, FieldInfo, Language

from .model import Segment


class NestedSegments(Protocol):
    """Segments as rules name them."""

    language: Language

    def find(self, workspace: int, reference: str) -> Segment | None:
        """The segment of this id, code or exact name, in that order."""
        ...

    def plan_of(self, segment: Segment) -> Plan | None:
        """The plan of its rules as they are; None when they make no sense any more."""
        ...

    def of(self, workspace: int) -> list[Segment]:
        """All of a workspace, the archived ones too."""
        ...


class WorkspaceNames(Catalogue):
    """The names of one workspace, as they are now."""

    def __init__(
        self, workspace: int, fields: Fields, lists: Lists, segments: NestedSegments
    ) -> None:
        self._workspace = workspace
        self._fields = fields
        self._lists = lists
        self._segments = segments

    @override
    def language(self) -> Language:
        return self._segments.language

    @override
    def find_field(self, name: str) -> FieldInfo | None:
        field = self._fields.find(self._workspace, name)
        if field is None or field.type == "object":
            return None  # rules name the parts of an object
        return FieldInfo(field.name, field.type, field.column)

    @override
    def field_names(self) -> list[str]:
        fields = self._fields.list_of(self._workspace)
        return [field.name for field in fields if field.type != "object"]

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

    @override
    def find_segment(self, reference: str) -> str | None:
        found = self._segments.find(self._workspace, reference)
        return found.id if found else None

    @override
    def segment_plan(self, segment_id: str) -> Plan | None:
        found = self._segments.find(self._workspace, segment_id)
        return self._segments.plan_of(found) if found else None

    @override
    def segment_name(self, segment_id: str) -> str:
        found = self._segments.find(self._workspace, segment_id)
        return found.name if found else segment_id

    @override
    def segment_names(self) -> list[str]:
        everyone = self._segments.of(self._workspace)
        return [*(one.code for one in everyone), *(one.name for one in everyone)]

    def _find(self, id_or_name: str) -> List | None:
        """A list, or by its id one that is deleted: rules may name it still, and mean nobody."""
        return self._lists.find(self._workspace, id_or_name) or self._lists.find_ever(
            self._workspace, id_or_name
        )
