"""Does the meaning make sense: do the names exist, do the types fit, is it within the limits?"""

from __future__ import annotations

from carpel.kit.words import nearest

from . import meaning as m
from .problems import Place
from .regexps import BadRegexp, check_regexp
from .types import NAMES, as_date
from .value_checks import DATES, ValueChecker
from .walk import DEEPEST, MOST_OPERATORS, depth, is_null, operators, shown, values, walk

MOST_CONDITIONS = 1000
MOST_STEPS = 8
MOST_CONSTANTS = 10_000

_ORDERING = ("<", "<=", ">", ">=")


class Checker(ValueChecker):
    """Looks at every part of a meaning; other languages say in their own words what does not fit."""

    def whole(self, condition: m.Condition) -> None:
        """All of it."""
        self.condition(condition, where="contact")
        self.limits(condition)

    def no_list(self, kind: m.Type, place: Place, said: str) -> None:
        """A value that is asked what it holds, and holds nothing."""
        del kind
        self.add("type_mismatch", said, place, "use = or IN")

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
            case m.Sequence():
                self._sequence(condition, where)
            case m.InLists():
                self._lists(condition, where)
            case m.InSegments():
                self._segments(condition, where)
            case m.Everyone():
                pass
            case _:
                for value in values(condition):
                    self.value(value, where)
                self._test(condition)

    def limits(self, condition: m.Condition) -> None:
        """How much of everything is taken."""
        conditions = constants = 0
        for part in walk(condition):
            conditions += 1
            if operators(part) > MOST_OPERATORS:
                self.add("too_complex", f"more than {MOST_OPERATORS} calculations", part.place)
            if isinstance(part, m.OneOf | m.Contains):
                constants += len(part.options if isinstance(part, m.OneOf) else part.members)
        if depth(condition) > DEEPEST:
            self.add("too_deep", f"nested more than {DEEPEST} deep", condition.place)
        if conditions > MOST_CONDITIONS:
            self.add("too_complex", f"more than {MOST_CONDITIONS:,} conditions", condition.place)
        if constants > MOST_CONSTANTS:
            self.add("too_complex", f"more than {MOST_CONSTANTS:,} constants", condition.place)

    # -------------------------------------------------------------- conditions

    def _events(self, events: m.Events, where: str) -> None:
        if where != "contact":
            self.add("wrong_subquery", "events cannot be looked up inside events", events.place)
            return
        if events.where is not None:
            self.condition(events.where, "event")
        if events.having is not None:
            self.condition(events.having, "having")

    def _sequence(self, sequence: m.Sequence, where: str) -> None:
        if where != "contact":
            self.add("wrong_subquery", "events cannot be looked up inside events", sequence.place)
            return
        if len(sequence.then) > MOST_STEPS:
            message = f"at most {MOST_STEPS} events after the first"
            self.add("too_complex", message, sequence.place)
        self.condition(sequence.first, "event")
        for then in sequence.then:
            self.condition(then.where, "event")
            if then.within is not None and (then.within.months or then.within.microseconds <= 0):
                self.add(
                    "bad_interval",
                    "between two events lies a fixed length of time, more than nothing",
                    then.within.place,
                    "use days: WITHIN INTERVAL '30' DAY",
                )

    def _segments(self, condition: m.InSegments, where: str) -> None:
        if where != "contact":
            message = "segments hold contacts, not events"
            self.add("ties_contact_to_event", message, condition.place)
        for segment_id in condition.segments:
            if self.catalogue.find_segment(segment_id) is None:
                near = nearest(segment_id, self.catalogue.segment_names())
                self.add(
                    "unknown_segment",
                    f"there is no segment {segment_id!r}",
                    condition.place,
                    f"did you mean {near!r}?" if near else None,
                )
            elif self.catalogue.segment_plan(segment_id) is None:
                name = self.catalogue.segment_name(segment_id)
                message = f"the segment {name!r} names something that is gone"
                self.add("broken_segment", message, condition.place, "mend its rules first")

    def _lists(self, condition: m.InLists, where: str) -> None:
        if where != "contact":
            self.add(
                "ties_contact_to_event", "lists are the contact's, not the event's", condition.place
            )
        for list_id in condition.lists:
            if self.catalogue.find_list(list_id) is None:
                near = nearest(list_id, self.catalogue.list_names())
                self.add(
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
                self.nulls((test.value, test.low, test.high), test.place)
                for end in (test.low, test.high):
                    self._fit(test.value, end, "BETWEEN", test.place, ordering=True)
            case m.OneOf():
                self.nulls((test.value,), test.place)
                for option in test.options:
                    if option.value is not None:
                        self._fit(test.value, option, "IN", option.place)
            case m.Like():
                self.text(test.value, "ILIKE" if test.ignore_case else "LIKE")
            case m.Contains():
                self._contains(test)
            case m.Regexp():
                self.text(test.value, "REGEXP_LIKE")
                try:
                    check_regexp(test.pattern)
                except BadRegexp as reason:
                    self.add("bad_regexp", str(reason), test.place)
            case _:
                pass

    def _compare(self, test: m.Compare) -> None:
        if is_null(test.left) or is_null(test.right):
            if test.operator in ("=", "!=", *_ORDERING):
                hint = "use IS NOT NULL" if test.operator == "!=" else "use IS NULL"
                self.nulls((test.left, test.right), test.place, hint)
            return
        self._fit(
            test.left,
            test.right,
            test.operator.upper(),
            test.place,
            ordering=test.operator in _ORDERING,
        )

    def _fit(
        self, left: m.Value, right: m.Value, operator: str, place: Place, *, ordering: bool = False
    ) -> None:
        """The two sides can be compared, and ordered if that is asked."""
        one, other = self.type(left), self.type(right)
        if any(self.unknown(side) or self.told(side) for side in (left, right)):
            return  # said already
        if "text-list" in (one, other):
            listed = left if one == "text-list" else right
            said = f"{shown(listed)} is a list of texts"
            self.mismatch(operator, (one, other), place, said, "use array_contains(list, 'text')")
            return
        if one == other == "any":
            if not (is_null(left) or is_null(right)):
                self.add(
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
            return DATES
        if wanted == "text" and not isinstance(constant.value, str):
            return f"write '{shown(constant)}'"
        if wanted == "boolean":
            return "write TRUE or FALSE"
        if wanted == "number" and isinstance(constant.value, bool):
            return f"write {int(constant.value)}"
        return "numbers are written without quotes" if wanted == "number" else None

    def _contains(self, test: m.Contains) -> None:
        kind = self.type(test.value)
        if kind != "text-list" and not self.unknown(test.value):
            said = f"array_contains needs a list, {shown(test.value)} is {NAMES[kind]}"
            self.no_list(kind, test.value.place, said)
        for member in test.members:
            if not isinstance(member.value, str):
                self.add(
                    "type_mismatch",
                    "the list holds texts",
                    member.place,
                    f"write '{shown(member)}'",
                )
