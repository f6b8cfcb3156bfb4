"""Objects of `attributes` as changes of contacts (contracts/braze.md §4.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field as dataclass_field
from decimal import Decimal
from typing import Any

from carpel.domain.contacts import Draft, DraftChange
from carpel.domain.fields import Fields, FieldType, type_of_json
from carpel.kit.instants import format_instant

from . import operators
from .names import STANDARD, field_name
from .people import DIRECTIVES, IDENTIFYING, ItemError, flag, person_of
from .times import parse_time

_CHOICES = {
    "email_subscribe": ("opted_in", "subscribed", "unsubscribed"),
    "push_subscribe": ("opted_in", "subscribed", "unsubscribed"),
    "gender": ("M", "F", "O", "N", "P"),
}
LATEST_YEAR = "3000"


@dataclass
class _Found:
    """What an object says, in the product's words."""

    values: dict[str, Any] = dataclass_field(default_factory=dict)
    changes: list[DraftChange] = dataclass_field(default_factory=list)
    types: dict[str, FieldType] = dataclass_field(default_factory=dict)


class Attributes:
    """Reads the objects of one request; `types` are the fields they need."""

    def __init__(self, fields: Fields, workspace: int) -> None:
        self._fields = fields
        self._workspace = workspace
        self.types: dict[str, FieldType] = {}

    def draft(self, item: Any) -> Draft:
        """One object.

        Raises:
            ItemError: the first thing that is wrong in it.
        """
        if not isinstance(item, Mapping):
            raise ItemError("attributes must be objects")
        person = person_of(item)
        found = _Found()
        for name, value in item.items():
            if name in IDENTIFYING or name in DIRECTIVES:
                continue
            try:
                self._take(name, value, found, deep=flag(item, "_merge_objects"))
            except ValueError as error:
                raise ItemError(bad(name, str(error))) from None
        self.types = {**found.types, **self.types}
        return Draft(
            person.identifiers, found.values, [], person.create, found.changes, person.aliases
        )

    def _take(self, name: str, value: Any, found: _Found, *, deep: bool) -> None:
        """One attribute.

        Raises:
            ValueError: it cannot be taken.
        """
        field = self._name(name)
        if value is None:
            found.values[field] = None
            if name == "phone":
                found.values["phone_number_id"] = None
        elif name == "email":
            return  # it identifies
        elif operators.is_one(value):
            changes = operators.changes(field, value)
            found.types[field] = operators.type_for(changes)
            found.changes += changes
        elif deep and isinstance(value, Mapping):
            found.types[field] = "object"
            found.changes.append(DraftChange(field, "merge", operators.plain(value)))
        else:
            found.values[field] = self._value(name, field, value, found.types)

    def _name(self, name: str) -> str:
        """The field of an attribute.

        Raises:
            ValueError: no field can have this name.
        """
        field = field_name(name)
        if name.startswith("$"):
            raise ValueError("a name may not begin with $")
        if not 1 <= len(field) <= 100 or not field.isprintable() or field != field.strip():  # noqa: PLR2004
            raise ValueError("a name has 1 to 100 printable characters")
        return field

    def _value(self, name: str, field: str, value: Any, types: dict[str, FieldType]) -> Any:
        """The value as the field's type has it; the first value of a new field decides its type."""
        if name in _CHOICES and value not in _CHOICES[name]:
            raise ValueError(f"one of {', '.join(_CHOICES[name])} is wanted")
        known = self._fields.find(self._workspace, field)
        wanted: FieldType = (
            known.type
            if known is not None
            else self.types.get(field)
            or types.get(field)
            or STANDARD.get(name)
            or _suggested(value)
        )
        if known is None:
            types[field] = wanted
        return _FITTED[wanted](value)


def bad(name: str, why: str) -> str:
    """What is wrong with an attribute, after the one text observed."""
    return f"The value provided for the '{name}' field is not valid: {why}"


def _suggested(value: Any) -> FieldType:
    if isinstance(value, Mapping) and set(value) == {"$time"}:
        return "date"
    if isinstance(value, str):
        return "date" if _time(value) is not None else "text"
    return type_of_json(value)


def _time(text: str) -> int | None:
    """A time; years beyond 3000 are text (documented)."""
    found = parse_time(text)
    return found if found is not None and format_instant(found)[:4] <= LATEST_YEAR else None


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return str(value)
    if isinstance(value, Mapping | list):
        raise ValueError("this attribute holds text")  # noqa: TRY004  (one error for all values)
    return value


def _number(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return Decimal(value.strip())
        except ArithmeticError:
            raise ValueError("this attribute holds numbers") from None
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError("this attribute holds numbers")  # noqa: TRY004  (one error for all values)
    return value


def _date(value: Any) -> Any:
    if isinstance(value, Mapping) and set(value) == {"$time"}:
        value = value["$time"]
    found = parse_time(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("this attribute holds times")
    return format_instant(found)


def _boolean(value: Any) -> Any:
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if not isinstance(value, bool):
        raise ValueError("this attribute holds true or false")  # noqa: TRY004  (one error for all)
    return value


def _texts(value: Any) -> Any:
    if not isinstance(value, list):
        raise ValueError("this attribute holds an array")  # noqa: TRY004  (one error for all values)
    return operators.texts(value)


def _object(value: Any) -> Any:
    if not isinstance(value, Mapping | list):
        raise ValueError("this attribute holds an object")  # noqa: TRY004  (one error for all values)
    return operators.plain(value)


_FITTED: dict[FieldType, Callable[[Any], Any]] = {
    "text": _text,
    "number": _number,
    "date": _date,
    "boolean": _boolean,
    "text-list": _texts,
    "object": _object,
}
