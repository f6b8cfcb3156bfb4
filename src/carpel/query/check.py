"""Does the meaning make sense: do the names exist, do the types fit, is it within the limits?"""

from __future__ import annotations

from carpel.kit.instants import parse_instant
from carpel.kit.words import nearest

from . import meaning as m
from .catalogue import Catalogue
from .problems import Complaints, Place
from .types import MOST_DECIMALS, NAMES, as_date, as_number, type_of
from .walk import DEEPEST, MOST_OPERATORS, depth, is_null, operators, shown, values, walk

MOST_CONDITIONS = 1000
MOST_CONSTANTS = 10_000

_DATES = "dates are written '2026-01-31' or '2026-01-31T12:00:00Z'"
_ORDERING = ("<", "<=", ">", ">=")


class Checker:
    """Looks at every part of a meaning; other languages say in their own words what does not fit."""

    def __init__(self, catalogue: Catalogue, complaints: Complaints) -> None:
        self._catalogue = catalogue
        self._complaints = complaints

    def whole(self, condition: m.Condition) -> None:
        """All of it."""
        self.condition(condition, where="contact")
        self.limits(condition)

    def mismatch(
        self, operator: str, kinds: tuple[m.Type, m.Type], place: Place, said: str, hint: str | None
    ) -> None:
        """An operator between two types it does not take."""
        del operator, kinds  # others name these
        self._add("type_mismatch", said, place, hint)

    def no_list(self, kind: m.Type, place: Place, said: str) -> None:
        """A value that is asked what it holds, and holds nothing."""
        del kind
        self._add("type_mismatch", said, place, "use = or IN")

    def condition(self, condition: m.Condition, where: str) -> None:
        """`where`: contact, event or having — what the condition is about."""
        match condition:
            case m.Both() | m.Either():
                for part in condition.parts:
                    self.condition(part, where)
            case m.Not():
                self.condition(condition.part, where)
            case m.Events():
                self._events(condition, where)
            case m.InLists():
                self._lists(condition, where)
            case m.Everyone():
                pass
            case _:
                for value in values(condition):
                    self._value(value, where)
                self._test(condition)

    def limits(self, condition: m.Condition) -> None:
        """How much of everything is taken."""
        conditions = constants = 0
        for part in walk(condition):
            conditions += 1
            if operators(part) > MOST_OPERATORS:
                self._add("too_complex", f"more than {MOST_OPERATORS} calculations", part.place)
            if isinstance(part, m.OneOf | m.Contains):
                constants += len(part.options if isinstance(part, m.OneOf) else part.members)
        if depth(condition) > DEEPEST:
            self._add("too_deep", f"nested more than {DEEPEST} deep", condition.place)
        if conditions > MOST_CONDITIONS:
            self._add("too_complex", f"more than {MOST_CONDITIONS:,} conditions", condition.place)
        if constants > MOST_CONSTANTS:
            self._add("too_complex", f"more than {MOST_CONSTANTS:,} constants", condition.place)

    # -------------------------------------------------------------- conditions

    def _events(self, events: m.Events, where: str) -> None:
        if where != "contact":
            self._add("wrong_subquery", "events cannot be looked up inside events", events.place)
            return
        if events.where is not None:
            self.condition(events.where, "event")
        if events.having is not None:
            self.condition(events.having, "having")

    def _lists(self, condition: m.InLists, where: str) -> None:
        if where != "contact":
            self._add(
                "ties_contact_to_event", "lists are the contact's, not the event's", condition.place
            )
        for list_id in condition.lists:
            if self._catalogue.find_list(list_id) is None:
                near = nearest(list_id, self._catalogue.list_names())
                self._add(
                    "unknown_list",
                    f"there is no list {list_id!r}",
                    condition.place,
                    f"did you mean {near!r}?" if near else None,
                )

    def _test(self, test: m.Condition) -> None:
        match test:
            case m.Compare():
                self._compare(test)
            case m.Between():
                self._nulls((test.value, test.low, test.high), test.place)
                for end in (test.low, test.high):
                    self._fit(test.value, end, "BETWEEN", test.place, ordering=True)
            case m.OneOf():
                self._nulls((test.value,), test.place)
                for option in test.options:
                    if option.value is not None:
                        self._fit(test.value, option, "IN", option.place)
            case m.Like():
                self._text(test.value, "ILIKE" if test.ignore_case else "LIKE")
            case m.Contains():
                self._contains(test)
            case _:
                pass

    def _compare(self, test: m.Compare) -> None:
        if is_null(test.left) or is_null(test.right):
            if test.operator in ("=", "!=", *_ORDERING):
                hint = "use IS NOT NULL" if test.operator == "!=" else "use IS NULL"
                self._nulls((test.left, test.right), test.place, hint)
            return
        self._fit(
            test.left,
            test.right,
            test.operator.upper(),
            test.place,
            ordering=test.operator in _ORDERING,
        )

    def _nulls(
        self, sides: tuple[m.Value, ...], place: Place, hint: str | None = "use IS NULL"
    ) -> None:
        """NULL where it makes the whole unknown; a side complained of already stands as NULL too."""
        nulls = [side for side in sides if is_null(side)]
        if nulls and not any(self._told(null) for null in nulls):
            what = "nothing compares with NULL" if hint else "nothing can be made of NULL"
            self._add("compared_with_null", what, place, hint)

    def _fit(
        self, left: m.Value, right: m.Value, operator: str, place: Place, *, ordering: bool = False
    ) -> None:
        """The two sides can be compared, and ordered if that is asked."""
        one, other = self._type(left), self._type(right)
        if any(self._unknown(side) or self._told(side) for side in (left, right)):
            return  # said already
        if "text-list" in (one, other):
            listed = left if one == "text-list" else right
            said = f"{shown(listed)} is a list of texts"
            self.mismatch(operator, (one, other), place, said, "use array_contains(list, 'text')")
            return
        if one == other == "any":
            if not (is_null(left) or is_null(right)):
                self._add(
                    "type_unknown",
                    "neither side has a known type",
                    place,
                    "compare a property with a constant or a typed column",
                )
            return
        if "any" in (one, other) or self._meets(left, right, one, other):
            self._orderable(one if other == "any" else other, ordering, operator, place)
            return
        said = f"{shown(left)} is {NAMES[one]}, {shown(right)} is {NAMES[other]}"
        hint = self._mismatch_hint(left, right, one, other)
        self.mismatch(operator, (one, other), place, said, hint)

    def _meets(self, left: m.Value, right: m.Value, one: m.Type, other: m.Type) -> bool:
        if one == other:
            return True
        # A text constant beside a date is read as one.
        if one == "date" and isinstance(right, m.Constant):
            return as_date(right) is not None
        return other == "date" and isinstance(left, m.Constant) and as_date(left) is not None

    def _orderable(self, kind: m.Type, ordering: bool, operator: str, place: Place) -> None:  # noqa: FBT001
        if ordering and kind == "boolean":
            said = f"true and false have no order for {operator}"
            self.mismatch(operator, (kind, kind), place, said, "use =")

    def _mismatch_hint(
        self, left: m.Value, right: m.Value, one: m.Type, other: m.Type
    ) -> str | None:
        constant = right if isinstance(right, m.Constant) else left
        wanted = one if constant is right else other
        if not isinstance(constant, m.Constant):
            return None
        if left.place == right.place:  # a column that stands alone as a condition
            return (
                f"write {shown(left)} = 1"
                if one == "number"
                else f"compare {shown(left)} with something"
            )
        if wanted == "date":
            return _DATES
        if wanted == "text" and not isinstance(constant.value, str):
            return f"write '{shown(constant)}'"
        if wanted == "boolean":
            return "write TRUE or FALSE"
        if wanted == "number" and isinstance(constant.value, bool):
            return f"write {int(constant.value)}"
        return "numbers are written without quotes" if wanted == "number" else None

    def _text(self, value: m.Value, operator: str) -> None:
        kind = self._type(value)
        if kind not in ("text", "any"):
            hint = (
                "use array_contains(list, 'text')"
                if kind == "text-list"
                else "compare it with = < >"
            )
            said = f"{operator} needs text, {shown(value)} is {NAMES[kind]}"
            self.mismatch(operator, (kind, "text"), value.place, said, hint)

    def _contains(self, test: m.Contains) -> None:
        kind = self._type(test.value)
        if kind != "text-list" and not self._unknown(test.value):
            said = f"array_contains needs a list, {shown(test.value)} is {NAMES[kind]}"
            self.no_list(kind, test.value.place, said)
        for member in test.members:
            if not isinstance(member.value, str):
                self._add(
                    "type_mismatch",
                    "the list holds texts",
                    member.place,
                    f"write '{shown(member)}'",
                )

    # ------------------------------------------------------------------ values

    def _value(self, value: m.Value, where: str) -> None:  # noqa: C901, PLR0912 (a line for each kind)
        match value:
            case m.Field():
                self._field(value, where)
            case m.EventColumn() | m.Property():
                if where != "event":
                    self._add(
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
                self._value(value.value, where)
                self._text(value.value, value.name.upper())
            case m.Concat():
                for part in value.parts:
                    self._value(part, where)
                    self._nulls((part,), part.place, None)
                    self._text(part, "CONCAT")
            case m.Math():
                self._math(value, where)
            case m.Aggregate():
                self._aggregate(value, where)
            case m.Timestamp():
                if parse_instant(value.text) is None:
                    self._add("bad_timestamp", f"'{value.text}' is no date", value.place, _DATES)
            case m.Constant():
                if type_of(value, self._catalogue) == "number" and as_number(value) is None:
                    self._add(
                        "number_out_of_range",
                        f"numbers lie within ±10^18 and have at most {MOST_DECIMALS} decimals",
                        value.place,
                    )
            case _:
                pass

    def _field(self, field: m.Field, where: str) -> None:
        if self._unknown(field):
            near = nearest(field.name, self._catalogue.field_names())
            self._add(
                "unknown_column",
                f"there is no field {field.name}",
                field.place,
                f"did you mean {near}?" if near else None,
            )
        elif where != "contact":
            self._add(
                "ties_contact_to_event",
                f"{field.name} is the contact's; a condition on events cannot be tied to it",
                field.place,
                "put the condition on the contact outside the subquery",
            )

    def _math(self, math: m.Math, where: str) -> None:
        self._value(math.left, where)
        self._value(math.right, where)
        self._nulls((math.left, math.right), math.place, None)
        left, right = self._type(math.left), self._type(math.right)
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
            self._add(
                "aggregate_not_here",
                f"{aggregate.name.upper()} stands only in HAVING",
                aggregate.place,
            )
            return
        if aggregate.value is None:
            return
        if not isinstance(aggregate.value, m.Property | m.EventColumn):
            self._add(
                "wrong_arguments",
                f"{aggregate.name.upper()} takes a column or property of the events",
                aggregate.value.place,
                f"{aggregate.name.upper()}(properties.value)",
            )
            return
        kind = self._type(aggregate.value)
        if aggregate.name in ("sum", "avg") and kind not in ("number", "any"):
            self._add(
                "type_mismatch",
                f"{aggregate.name.upper()} needs numbers, {shown(aggregate.value)} is {NAMES[kind]}",
                aggregate.value.place,
            )

    def _type(self, value: m.Value) -> m.Type:
        return type_of(value, self._catalogue)

    def _told(self, value: m.Value) -> bool:
        """Whether something was said of this very value."""
        return any(problem.place == value.place for problem in self._complaints.found)

    def _unknown(self, value: m.Value) -> bool:
        return isinstance(value, m.Field) and self._catalogue.find_field(value.name) is None

    def _add(self, code: str, message: str, place: Place, hint: str | None = None) -> None:
        self._complaints.add(code, message, place, hint)
