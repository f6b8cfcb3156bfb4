"""Contacts' rows turned into columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from typing_extensions import override

from carpel.domain.fields import BadValue, Field, FieldType, Stored, from_json, objects
from carpel.kit.ids import id_text
from carpel.storage.columns import ContactRows, Differs, Kind

from .model import KIND_NAMES, IdentifierKind, Row

_ALTERNATE_EMAILS = "alternate_emails"
_IDENTIFIERS = {name: kind for kind, name in KIND_NAMES.items()}


class ByColumn(Mapping[str, tuple[Kind, list[Any]]]):
    """Rows by column; each column is made when it is first asked for.

    It goes through the columns that every contact has, and those in which one of these has something.
    """

    def __init__(self, rows: Sequence[tuple[int, Row]], fields: Mapping[int, Field]) -> None:
        self._numbers = [no for no, _ in rows]
        self._rows = [row for _, row in rows]
        self._fields = fields
        self._made: dict[str, tuple[Kind, list[Any]]] = {}
        self._objects: dict[int, list[dict[objects.Path, Any]]] = {}

    def of(self, places: Sequence[int]) -> ByColumn:
        """The columns of the rows at some places alone."""
        some = [(self._numbers[place], self._rows[place]) for place in places]
        return ByColumn(some, self._fields)

    @override
    def __getitem__(self, name: str) -> tuple[Kind, list[Any]]:
        found = self._made.get(name)
        if found is None:
            found = self._made[name] = self._column(name)
        return found

    @override
    def __iter__(self) -> Iterator[str]:
        yield from ("no", "id", *_IDENTIFIERS, "email_domains", "lists", "created_at", "updated_at")
        for number in sorted({number for row in self._rows for number in row.fields}):
            field = self._fields.get(number)
            if field is not None and field.type != "object":
                yield field.column
            elif field is not None:
                parts = (one for one in self._fields.values() if one.part_of == number)
                yield from (one.column for one in parts if self._has_some(one))

    @override
    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _has_some(self, part: Field) -> bool:
        return part.type != "object" and any(one is not None for one in self[part.column][1])

    def _column(self, name: str) -> tuple[Kind, list[Any]]:
        rows = self._rows
        match name:
            case "no":
                return "integer", self._numbers
            case "id":
                return "id", [id_text(row.id) for row in rows]
            case "email_domains":
                return "text-list", [_domains(row, self._alternates) for row in rows]
            case "lists":
                return "number-list", [row.lists for row in rows]
            case "created_at":
                return "date", [row.created_at for row in rows]
            case "updated_at":
                return "date", [row.updated_at for row in rows]
            case _ if name in _IDENTIFIERS:
                kind = _IDENTIFIERS[name]
                return "text", [row.identifiers.get(kind) for row in rows]
            case _:
                return self._of_field(self._field_of(name))

    @property
    def _alternates(self) -> int:
        return next(one.no for one in self._fields.values() if one.name == _ALTERNATE_EMAILS)

    def _field_of(self, column: str) -> Field:
        """The field that a column is of.

        Raises:
            KeyError: there is none any more.
        """
        return self._fields[int(column.removeprefix("f"))]

    def _of_field(self, field: Field) -> tuple[Kind, list[Any]]:
        assert field.type != "object", "only its parts have columns"  # noqa: S101
        if not field.part_of:
            number = field.no
            return field.type, [row.fields.get(number) for row in self._rows]
        values = self._parts_of(field.part_of)
        return field.type, [_fitting(field.type, one.get(field.path)) for one in values]

    def _parts_of(self, number: int) -> list[dict[objects.Path, Any]]:
        """Of each row what is in an object, by the way to it."""
        found = self._objects.get(number)
        if found is None:
            stored = (row.fields.get(number) for row in self._rows)
            found = self._objects[number] = [
                objects.values(objects.read(str(one))) if one is not None else {} for one in stored
            ]
        return found


def to_columns(
    rows: Sequence[tuple[int, Row]], fields: Mapping[int, Field], differs: Differs | None = None
) -> ContactRows:
    """The rows by column; and where they may differ from those before, everywhere if that is left out."""
    return ContactRows(ByColumn(rows, fields), differs=differs) if rows else ContactRows()


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
