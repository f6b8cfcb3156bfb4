"""Fields under SendGrid's ids: reserved ones as recorded live (contracts/sendgrid.md §3.7).

A custom field's id is a letter, its number and its type, as in `e4_T`; written without the type it
is understood too, since the vendor's own examples leave it out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from carpel.domain.fields import Field, Fields, FieldType

_LETTERS: dict[FieldType, str] = {
    "text": "T",
    "number": "N",
    "date": "D",
    # SendGrid has three types only; to its callers these are texts.
    "boolean": "T",
    "text-list": "T",
}
TYPE_NAMES = {"T": "Text", "N": "Number", "D": "Date"}
TYPES: dict[str, FieldType] = {"Text": "text", "Number": "number", "Date": "date"}
_FIRST_NUMBER = 100  # the domain's own fields have the numbers up to here


@dataclass(frozen=True)
class Reserved:
    """A field that every account has."""

    id: str
    name: str
    read_only: bool = False

    def shown(self) -> dict[str, Any]:
        """As `GET /field_definitions` shows it: `read_only` only where it is true."""
        more = {"read_only": True} if self.read_only else {}
        return {"id": self.id, "name": self.name, "field_type": TYPE_NAMES[self.id[-1]], **more}


RESERVED: tuple[Reserved, ...] = (
    Reserved("_rf0_T", "first_name"),
    Reserved("_rf1_T", "last_name"),
    Reserved("_rf2_T", "email"),
    Reserved("_rf3_T", "alternate_emails"),
    Reserved("_rf4_T", "address_line_1"),
    Reserved("_rf5_T", "address_line_2"),
    Reserved("_rf6_T", "city"),
    Reserved("_rf7_T", "state_province_region"),
    Reserved("_rf8_T", "postal_code"),
    Reserved("_rf9_T", "country"),
    Reserved("_rf10_T", "phone_number"),
    Reserved("_rf11_T", "whatsapp"),
    Reserved("_rf12_T", "line"),
    Reserved("_rf13_T", "facebook"),
    Reserved("_rf14_T", "unique_name"),
    Reserved("_rf27_T", "list_ids"),
    Reserved("_rf28_T", "segment_ids"),
    Reserved("_rf15_T", "email_domains", read_only=True),
    Reserved("_rf16_D", "last_clicked", read_only=True),
    Reserved("_rf17_D", "last_opened", read_only=True),
    Reserved("_rf18_D", "last_emailed", read_only=True),
    Reserved("_rf19_T", "singlesend_id", read_only=True),
    Reserved("_rf20_T", "automation_id", read_only=True),
    Reserved("_rf21_D", "created_at", read_only=True),
    Reserved("_rf22_D", "updated_at", read_only=True),
    Reserved("_rf23_T", "contact_id", read_only=True),
    Reserved("_rf24_T", "phone_number_id"),
    Reserved("_rf25_T", "external_id"),
    Reserved("_rf26_T", "anonymous_id"),
)
RESERVED_NAMES = frozenset(one.name for one in RESERVED)
_BY_ID = {one.id.rpartition("_")[0]: one for one in RESERVED}


def id_of(field: Field) -> str:
    """The id of a custom field."""
    return f"e{field.no - _FIRST_NUMBER}_{_LETTERS[field.type]}"


def type_name(field: Field) -> str:
    """The type of a field, as SendGrid calls it."""
    return TYPE_NAMES[_LETTERS[field.type]]


def find_reserved(field_id: str) -> Reserved | None:
    """The reserved field of an id, with or without its type."""
    exact = next((one for one in RESERVED if one.id == field_id), None)
    return exact or _BY_ID.get(field_id)


def is_custom(field: Field) -> bool:
    """Whether SendGrid's callers see it as a custom field; objects have no type there."""
    return field.role == "custom" and field.type != "object"


def custom_fields(fields: Fields, workspace: int) -> dict[str, Field]:
    """The custom fields of a workspace by id, and by id without the type."""
    found: dict[str, Field] = {}
    for one in fields.list_of(workspace):
        if is_custom(one):
            found[id_of(one)] = found[id_of(one).rpartition("_")[0]] = one
    return found
