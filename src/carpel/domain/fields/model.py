"""What a field is, and the ones that every workspace has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

# An object is kept whole; queries see its parts, which are fields that follow from it.
FieldType = Literal["text", "number", "date", "boolean", "text-list", "object"]
FIELD_TYPES: tuple[str, ...] = get_args(FieldType)

# How a field's value comes about: one of the contact's identifiers, a field that every workspace
# has, one that it has made, a part of an object, or something Carpel works out itself.
Role = Literal["identifier", "reserved", "custom", "part", "system"]

# In a path: every member of an array.
EACH = "[]"

CUSTOM_FROM = 101
MOST_CUSTOM = 500
# Parts of objects beyond this many are kept with the object, but queries cannot name them.
MOST_PARTS = 1_000


@dataclass(frozen=True)
class Field:
    """A field of contacts.

    `column` is its name in the column store. `no` is its key in a contact's row; identifiers and
    system fields are not among the row's fields and have none.
    """

    no: int
    name: str
    type: FieldType
    role: Role
    column: str
    created_at: int = 0
    part_of: int = 0  # the number of the object that this is a part of, at `path`
    path: tuple[str, ...] = ()


def custom(no: int, name: str, field_type: FieldType, created_at: int) -> Field:
    """A field that a workspace has made."""
    return Field(no, name, field_type, "custom", f"f{no}", created_at)


def part(no: int, whole: Field, path: tuple[str, ...], field_type: FieldType, at: int) -> Field:
    """A part of an object, named by the way to it: `address.city`, `pets[].name`."""
    name = whole.name + "".join(step if step == EACH else f".{step}" for step in path)
    return Field(no, name, field_type, "part", f"f{no}", at, whole.no, path)


def _reserved(no: int, name: str, field_type: FieldType = "text") -> Field:
    return Field(no, name, field_type, "reserved", f"f{no}")


# SendGrid's reserved fields (contracts/sendgrid.md §3.7, §4.2), under the names all doors share.
RESERVED: tuple[Field, ...] = (
    Field(0, "contact_id", "text", "system", "id"),
    Field(0, "external_id", "text", "identifier", "external_id"),
    Field(0, "email", "text", "identifier", "email"),
    Field(0, "phone_number_id", "text", "identifier", "phone_number_id"),
    Field(0, "anonymous_id", "text", "identifier", "anonymous_id"),
    _reserved(1, "first_name"),
    _reserved(2, "last_name"),
    _reserved(3, "alternate_emails", "text-list"),
    _reserved(4, "address_line_1"),
    _reserved(5, "address_line_2"),
    _reserved(6, "city"),
    _reserved(7, "state_province_region"),
    _reserved(8, "postal_code"),
    _reserved(9, "country"),
    _reserved(10, "phone_number"),
    _reserved(11, "whatsapp"),
    _reserved(12, "line"),
    _reserved(13, "facebook"),
    _reserved(14, "unique_name"),
    Field(0, "email_domains", "text-list", "system", "email_domains"),
    Field(0, "list_ids", "text-list", "system", "lists"),
    Field(0, "created_at", "date", "system", "created_at"),
    Field(0, "updated_at", "date", "system", "updated_at"),
)
