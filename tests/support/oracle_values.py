"""The oracle's values: what each kind of value is for a contact, an event or a group of events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from hashlib import md5
from typing import Any, NotRequired, TypedDict
from zoneinfo import ZoneInfo

from carpel.query import meaning as m
from support import oracle_calendar as calendar
from support.oracle_reading import Kind, lower, read, upper

EVENT_KINDS: dict[str, Kind] = {
    "event_type": "text",
    "event_source": "text",
    "event_id": "text",
    "timestamp": "date",
}
IDENTIFIERS = ("external_id", "email", "phone_number_id", "anonymous_id")


class Contact(TypedDict):
    """A contact: fields as JSON values, lists by their ids, times in microseconds."""

    id: str
    uuid: NotRequired[str]  # as the product knows it
    identifiers: dict[str, str]
    fields: dict[str, Any]
    lists: list[str]
    created_at: int
    updated_at: int


class Event(TypedDict):
    """An event of the contact with that id."""

    contact: str
    event: str
    time: int
    source: str | None
    event_id: str | None
    properties: dict[str, Any]


class Unanswerable(Exception):
    """The description does not say what this means; the product ought to refuse it."""


@dataclass(frozen=True)
class Row:
    """What a value is worked out from."""

    contact: Contact
    events: tuple[Event, ...]  # of this contact
    kinds: Mapping[str, Kind]  # of the fields
    now: int
    segments: Mapping[str, m.Condition] = field(default_factory=dict)
    event: Event | None = None  # the one looked at
    group: tuple[Event, ...] = ()  # the ones counted


def kind_of(value: m.Value, row: Row) -> Kind:
    """The type of a value; `any` for what takes the type of the other side."""
    match value:
        case m.Constant(value=constant):
            return _constant_kind(constant)
        case m.Duration():
            return "duration"
        case m.Now() | m.Timestamp():
            return "date"
        case m.Field(name=name):
            return row.kinds[name]
        case m.EventColumn(name=name):
            return EVENT_KINDS[name]
        case m.Property():
            return "any"
        case m.Function(name=name):
            return "number" if name == "length" else "text"
        case m.Concat():
            return "text"
        case m.StartOf():
            return "date"
        case m.DaysToAnniversary() | m.Bucket():
            return "number"
        case m.Aggregate(name=name, value=inner):
            return (
                kind_of(inner, row)
                if name in ("min", "max", "first", "last") and inner
                else "number"
            )
        case m.Math():
            return _math_kind(value, row)


def _constant_kind(constant: object) -> Kind:
    if constant is None:
        return "any"
    if isinstance(constant, bool):
        return "boolean"
    return "text" if isinstance(constant, str) else "number"


def _math_kind(value: m.Math, row: Row) -> Kind:
    kinds = {kind_of(value.left, row), kind_of(value.right, row)}
    if kinds <= {"number", "any"}:
        return "number"
    if kinds in ({"date"}, {"date", "any"}):
        return "duration"
    if kinds == {"duration"}:
        return "duration"
    if kinds in ({"date", "duration"}, {"any", "duration"}):
        return "date"
    raise Unanswerable(f"{value.operator} of {sorted(kinds)}")


def work_out(value: m.Value, kind: Kind, row: Row) -> Any:
    """The value, read as `kind`: None when there is none."""
    match value:
        case m.Constant(value=constant):
            if isinstance(constant, Decimal) and kind == "number":
                return Fraction(constant)  # a constant is not rounded
            return read(constant, kind)
        case m.Duration():
            return value
        case m.Now():
            return row.now
        case m.Timestamp(text=text):
            return calendar.read_instant(text)
        case m.Field(name=name):
            return read(field_of(row.contact, name), row.kinds[name]) if name in row.kinds else None
        case m.EventColumn(name=name):
            return _event_column(_event(row), name)
        case m.Property(path=path):
            return read(_at(_event(row)["properties"], path), kind)
        case m.Function(name=name, value=inner):
            return _function(name, work_out(inner, "text", row))
        case m.StartOf():
            return calendar.start_of(value.unit, value.shift, ZoneInfo(value.zone), row.now)
        case m.DaysToAnniversary(value=inner, zone=zone):
            date = work_out(inner, "date", row)
            days = None if date is None else calendar.days_to(date, ZoneInfo(zone), row.now)
            return None if days is None else Fraction(days)
        case m.Bucket(buckets=buckets, salt=salt):
            if "uuid" not in row.contact:
                raise Unanswerable("whose number is not known")
            digits = md5(f"{salt}:{row.contact['uuid']}".encode()).hexdigest()  # noqa: S324
            return Fraction(int(digits[:15], 16) % buckets)
        case m.Concat(parts=parts):
            texts = [work_out(part, "text", row) for part in parts]
            return None if None in texts else "".join(texts)
        case m.Aggregate():
            return _aggregate(value, kind, row)
        case m.Math():
            return _math(value, row)


def field_of(contact: Contact, name: str) -> Any:
    """A contact's field as a JSON value, dates that we keep as text."""
    match name:
        case "contact_id":
            return contact["id"]
        case "created_at" | "updated_at":
            return text_of_instant(contact[name])
        case "list_ids":
            return contact["lists"]
        case "email_domains":
            return _domains(contact)
        case _ if name in IDENTIFIERS:
            return contact["identifiers"].get(name)
        case _:
            return contact["fields"].get(name)


def text_of_instant(instant: int) -> str:
    days, rest = divmod(instant, calendar.DAY)
    year, month, day = calendar.date_of(days)
    seconds, fraction = divmod(rest, calendar.SECOND)
    hour, minute, second = seconds // 3600, seconds // 60 % 60, seconds % 60
    return f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:06}Z"


def _domains(contact: Contact) -> list[str] | None:
    mail = contact["identifiers"].get("email")
    addresses = ([mail] if mail else []) + (contact["fields"].get("alternate_emails") or [])
    return [address.rpartition("@")[2].lower() for address in addresses] or None


def _event(row: Row) -> Event:
    if row.event is None:
        raise Unanswerable("an event's column where no event is looked at")
    return row.event


def _event_column(event: Event, name: str) -> Any:
    names = {"event_type": "event", "event_source": "source", "timestamp": "time"}
    columns: Mapping[str, Any] = event
    return columns[names.get(name, name)]


def _at(properties: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        properties = properties.get(name) if isinstance(properties, dict) else None
    return properties


def _function(name: m.FunctionName, text: str | None) -> Any:
    if text is None:
        return None
    match name:
        case "lower":
            return lower(text)
        case "upper":
            return upper(text)
        case "trim":
            return text.strip(" ")
        case "length":
            return Fraction(len(text))


def _aggregate(value: m.Aggregate, kind: Kind, row: Row) -> Any:
    inner = value.value
    if inner is None:
        return Fraction(len(row.group))
    wanted = _read_as(value.name, kind_of(inner, row), kind)
    rows = [replace(row, event=event, group=()) for event in row.group]
    seen = [one for one in (work_out(inner, wanted, each) for each in rows) if one is not None]
    match value.name:
        case "count":
            return Fraction(len(seen))
        case "first" | "last":
            # Of several at one instant, the one that came in first is earlier; sorting keeps that.
            ordered = sorted(rows, key=lambda each: _event(each)["time"])
            return work_out(inner, wanted, ordered[0 if value.name == "first" else -1])
        case "count distinct":
            return Fraction(len(set(seen)))
        case "sum":
            return sum(seen, Fraction(0)) if seen else None
        case "avg":
            return sum(seen, Fraction(0)) / len(seen) if seen else None
        case "min":
            return min(seen) if seen and wanted != "any" else (seen or [None])[0]
        case "max":
            return max(seen) if seen and wanted != "any" else (seen or [None])[0]


def _read_as(name: m.AggregateName, kind: Kind, beside: Kind) -> Kind:
    """As what an aggregate reads its values; properties are told apart as texts."""
    match name:
        case "sum" | "avg":
            return "number"
        case "count distinct":
            return "text" if kind == "any" else kind
        case "min" | "max" | "first" | "last":
            return beside if kind == "any" else kind
        case "count":
            return kind


def _math(value: m.Math, row: Row) -> Any:
    kinds = (kind_of(value.left, row), kind_of(value.right, row))
    if _math_kind(value, row) == "number":
        left, right = (work_out(side, "number", row) for side in (value.left, value.right))
        return None if left is None or right is None else _arithmetic(value.operator, left, right)
    wanted: tuple[Kind, ...] = tuple("date" if kind == "any" else kind for kind in kinds)
    left, right = work_out(value.left, wanted[0], row), work_out(value.right, wanted[1], row)
    if left is None or right is None:
        return None
    return _moved(value.operator, left, right)


def _arithmetic(operator: str, left: Fraction, right: Fraction) -> Fraction | None:
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case _ if right == 0:
            return None
        case "/":
            return left / right
        case _:
            rest = abs(left) % abs(right)
            return -rest if left < 0 else rest


def _moved(operator: str, left: Any, right: Any) -> Any:
    """Dates and lengths of time, added and taken away."""
    sign = {"+": 1, "-": -1}.get(operator)
    if sign is None:
        raise Unanswerable(f"{operator} with dates")
    match left, right:
        case int(), m.Duration():
            return calendar.add(left, sign * right.months, sign * right.microseconds)
        case m.Duration(), int():
            if sign < 0:
                raise Unanswerable("a date taken from a length of time")
            return calendar.add(right, left.months, left.microseconds)
        case int(), int():
            if sign > 0:
                raise Unanswerable("two dates added")
            return m.Duration(0, left - right)
        case _:
            return m.Duration(
                left.months + sign * right.months, left.microseconds + sign * right.microseconds
            )
