"""Does a value make sense: do its names exist where it stands, do its parts fit together?"""

from __future__ import annotations

from carpel.kit.instants import parse_instant
from carpel.kit.words import nearest
from carpel.kit.zones import is_zone, zone_names

from . import meaning as m
from .catalogue import MOST_BUCKETS, Catalogue
from .problems import Complaints, Place
from .types import MOST_DECIMALS, NAMES, as_number, type_of
from .walk import is_null, shown

DATES = "dates are written '2026-01-31' or '2026-01-31T12:00:00Z'"
MOST_SHIFTED = 10_000


class ValueChecker:
    """Adds a complaint for every value that cannot stand."""

    def __init__(self, catalogue: Catalogue, complaints: Complaints) -> None:
        self.catalogue = catalogue
        self.complaints = complaints

    def mismatch(
        self, operator: str, kinds: tuple[m.Type, m.Type], place: Place, said: str, hint: str | None
    ) -> None:
        """An operator between two types it does not take."""
        del operator, kinds  # others name these
        self.add("type_mismatch", said, place, hint)

    def nulls(
        self, sides: tuple[m.Value, ...], place: Place, hint: str | None = "use IS NULL"
    ) -> None:
        """NULL where it makes the whole unknown; a side complained of already stands as NULL too."""
        nulls = [side for side in sides if is_null(side)]
        if nulls and not any(self.told(null) for null in nulls):
            what = "nothing compares with NULL" if hint else "nothing can be made of NULL"
            self.add("compared_with_null", what, place, hint)

    def text(self, value: m.Value, operator: str) -> None:
        kind = self.type(value)
        if kind not in ("text", "any"):
            hint = (
                "use array_contains(list, 'text')"
                if kind == "text-list"
                else "compare it with = < >"
            )
            said = f"{operator} needs text, {shown(value)} is {NAMES[kind]}"
            self.mismatch(operator, (kind, "text"), value.place, said, hint)

    def value(self, value: m.Value, where: str) -> None:
        match value:
            case m.Field():
                self._field(value, where)
            case m.EventColumn() | m.Property():
                if where != "event":
                    self.add(
                        "event_not_here",
                        f"{shown(value)} belongs to an event"
                        + (
                            ", and HAVING speaks of all chosen events together"
                            if where == "having"
                            else ""
                        ),
                        value.place,
                        "contact_id IN (SELECT contact_id FROM event_data WHERE …)"
                        if where == "contact"
                        else "use MIN, MAX, COUNT and the like",
                    )
            case m.Function():
                self.value(value.value, where)
                self.text(value.value, value.name.upper())
            case m.Concat():
                for part in value.parts:
                    self.value(part, where)
                    self.nulls((part,), part.place, None)
                    self.text(part, "CONCAT")
            case m.StartOf():
                self._start_of(value)
            case m.DaysToAnniversary():
                self._days_to_anniversary(value, where)
            case m.Bucket():
                self._bucket(value, where)
            case m.Math():
                self._math(value, where)
            case m.Aggregate():
                self._aggregate(value, where)
            case m.Timestamp():
                if parse_instant(value.text) is None:
                    self.add("bad_timestamp", f"'{value.text}' is no date", value.place, DATES)
            case m.Constant():
                if type_of(value, self.catalogue) == "number" and as_number(value) is None:
                    self.add(
                        "number_out_of_range",
                        f"numbers lie within ±10^18 and have at most {MOST_DECIMALS} decimals",
                        value.place,
                    )
            case _:
                pass

    def _field(self, field: m.Field, where: str) -> None:
        if self.unknown(field):
            near = nearest(field.name, self.catalogue.field_names())
            self.add(
                "unknown_column",
                f"there is no field {field.name}",
                field.place,
                f"did you mean {near}?" if near else None,
            )
        elif where != "contact":
            self.add(
                "ties_contact_to_event",
                f"{field.name} is the contact's; a condition on events cannot be tied to it",
                field.place,
                "put the condition on the contact outside the subquery",
            )

    def _zone(self, zone: str, place: Place) -> None:
        if not is_zone(zone):
            near = nearest(zone, zone_names())
            hint = f"did you mean {near}?" if near else "for example Europe/Paris"
            self.add("unknown_zone", f"there is no time zone {zone!r}", place, hint)

    def _start_of(self, value: m.StartOf) -> None:
        self._zone(value.zone, value.place)
        if abs(value.shift) > MOST_SHIFTED:
            message = f"at most {MOST_SHIFTED:,} units away"
            self.add("number_out_of_range", message, value.place)

    def _days_to_anniversary(self, value: m.DaysToAnniversary, where: str) -> None:
        self.value(value.value, where)
        self._zone(value.zone, value.place)
        kind = self.type(value.value)
        seen = isinstance(value.value, m.Field | m.EventColumn | m.Property)
        if (kind not in ("date", "any") or not seen) and not self.told(value.value):
            self.add(
                "type_mismatch",
                f"DAYS_TO_ANNIVERSARY needs a date's column, {shown(value.value)} is {NAMES[kind]}",
                value.value.place,
            )

    def _bucket(self, value: m.Bucket, where: str) -> None:
        if not 1 <= value.buckets <= MOST_BUCKETS:
            self.add("number_out_of_range", f"from 1 to {MOST_BUCKETS:,} buckets", value.place)
        if where != "contact":
            message = "random_bucket is the contact's, not the event's"
            self.add("ties_contact_to_event", message, value.place)

    def _math(self, math: m.Math, where: str) -> None:
        self.value(math.left, where)
        self.value(math.right, where)
        self.nulls((math.left, math.right), math.place, None)
        left, right = self.type(math.left), self.type(math.right)
        if "any" in (left, right) and "duration" not in (left, right):
            beside: m.Type = "date" if "date" in (left, right) else "number"
            left = beside if left == "any" else left
            right = beside if right == "any" else right
        moves = {("date", "duration"), ("duration", "duration"), ("any", "duration")}
        fits = left == right == "number" or (
            math.operator in ("+", "-")
            and (
                (left, right) in moves
                or (math.operator == "+" and left == "duration" and right in ("date", "any"))
                or (math.operator == "-" and left == right == "date")
            )
        )
        if not fits:
            said = f"{NAMES[left]} {math.operator} {NAMES[right]} has no meaning"
            hint = "text cannot be calculated with" if "text" in (left, right) else None
            if left == right == "text" and math.operator == "+":
                hint = "texts are joined with CONCAT(a, b) or a || b"
            self.mismatch(math.operator, (left, right), math.place, said, hint)

    def _aggregate(self, aggregate: m.Aggregate, where: str) -> None:
        if where != "having":
            self.add(
                "aggregate_not_here",
                f"{aggregate.name.upper()} stands only in HAVING",
                aggregate.place,
            )
            return
        if aggregate.value is None:
            return
        if not isinstance(aggregate.value, m.Property | m.EventColumn):
            self.add(
                "wrong_arguments",
                f"{aggregate.name.upper()} takes a column or property of the events",
                aggregate.value.place,
                f"{aggregate.name.upper()}(properties.value)",
            )
            return
        kind = self.type(aggregate.value)
        if aggregate.name in ("sum", "avg") and kind not in ("number", "any"):
            self.add(
                "type_mismatch",
                f"{aggregate.name.upper()} needs numbers, {shown(aggregate.value)} is {NAMES[kind]}",
                aggregate.value.place,
            )

    def type(self, value: m.Value) -> m.Type:
        return type_of(value, self.catalogue)

    def told(self, value: m.Value) -> bool:
        """Whether something was said of this very value."""
        return any(problem.place == value.place for problem in self.complaints.found)

    def unknown(self, value: m.Value) -> bool:
        return isinstance(value, m.Field) and self.catalogue.find_field(value.name) is None

    def add(self, code: str, message: str, place: Place, hint: str | None = None) -> None:
        self.complaints.add(code, message, place, hint)
