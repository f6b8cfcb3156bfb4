"""The names that the examples of the reference use."""

from __future__ import annotations

from typing_extensions import override

from carpel.engine.plan import Everyone, Plan

from .catalogue import Catalogue, FieldInfo, Language
from .meaning import Type

_FIELDS: dict[str, Type] = {
    "contact_id": "text", "email": "text", "first_name": "text", "country": "text", "city": "text", "plan": "text",
    "score": "number", "balance": "number", "active": "boolean", "signup": "date", "created_at": "date",
    "updated_at": "date", "tags": "text-list", "Favourite Colour": "text",
}  # fmt: skip


class ExampleNames(Catalogue):
    """A workspace that is there on paper only."""

    @override
    def language(self) -> Language:
        return "en"

    @override
    def find_field(self, name: str) -> FieldInfo | None:
        known = next((one for one in _FIELDS if one.lower() == name.lower()), None)
        return FieldInfo(known, _FIELDS[known], known) if known else None

    @override
    def field_names(self) -> list[str]:
        return list(_FIELDS)

    @override
    def find_list(self, id_or_name: str) -> str | None:
        return id_or_name if id_or_name in self.list_names() else None

    @override
    def list_number(self, list_id: str) -> int | None:
        return 1

    @override
    def list_name(self, list_id: str) -> str:
        return list_id

    @override
    def list_names(self) -> list[str]:
        return ["VIP"]

    @override
    def find_segment(self, reference: str) -> str | None:
        return reference if reference in self.segment_names() else None

    @override
    def segment_plan(self, segment_id: str) -> Plan | None:
        return Everyone()

    @override
    def segment_name(self, segment_id: str) -> str:
        return segment_id

    @override
    def segment_names(self) -> list[str]:
        return ["PRO"]
