"""Contacts' rows turned into columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from carpel.domain.fields import BadValue, Field, FieldType, Stored, from_json, objects
from carpel.kit.ids import id_text
from carpel.storage.columns import ContactRows, Kind

from .model import KIND_NAMES, IdentifierKind, Row

_ALTERNATE_EMAILS = "alternate_emails"


def to_columns(rows: Sequence[tuple[int, Row]], fields: dict[int, Field]) -> ContactRows:
    """The rows by column; only columns in which at least one row has something."""
    columns: dict[str, tuple[Kind, list[Any]]] = {
        "no": ("integer", [no for no, _ in rows]),
        "id": ("id", [id_text(row.id) for _, row in rows]),
    }
    for kind, name in KIND_NAMES.items():
        columns[name] = ("text", [row.identifiers.get(kind) for _, row in rows])
    alternates = next(field.no for field in fields.values() if field.name == _ALTERNATE_EMAILS)
    columns["email_domains"] = ("text-list", [_domains(row, alternates) for _, row in rows])
    columns["lists"] = ("number-list", [row.lists for _, row in rows])
    columns["created_at"] = ("date", [row.created_at for _, row in rows])
    columns["updated_at"] = ("date", [row.updated_at for _, row in rows])
    used = {number for _, row in rows for number in row.fields}
    for number in sorted(used):
        field = fields.get(number)
        if field is None:
            continue
        if field.type == "object":
            parts = [one for one in fields.values() if one.part_of == number]
            columns |= _parts([row.fields.get(number) for _, row in rows], parts)
        else:
            columns[field.column] = (field.type, [row.fields.get(number) for _, row in rows])
    return ContactRows(columns)


def _parts(stored: list[Any], parts: list[Field]) -> dict[str, tuple[Kind, list[Any]]]:
    """The columns of an object's parts. A value of another type than its part has is missing."""
    values = [objects.values(objects.read(one)) if one is not None else {} for one in stored]
    columns: dict[str, tuple[Kind, list[Any]]] = {}
    for part in parts:
        column = [_fitting(part.type, one.get(part.path)) for one in values]
        if part.type != "object" and any(one is not None for one in column):
            columns[part.column] = (part.type, column)
    return columns


def _fitting(field_type: FieldType, value: Any) -> Stored | None:
    if value is None:
        return None
    try:
        return from_json(field_type, value)
    except BadValue:
        return None


def _domains(row: Row, alternates: int) -> list[str] | None:
    """The domains of all the contact's addresses; None when it has none."""
    email = row.identifiers.get(IdentifierKind.EMAIL)
    more = row.fields.get(alternates)
    if not more:
        return [email.rpartition("@")[2]] if email else None
    addresses = [*([email] if email else []), *(more if isinstance(more, list) else [])]
    return list(dict.fromkeys(address.rpartition("@")[2].lower() for address in addresses))
