"""From the syntax tree to the meaning: which table a name belongs to, which form a SELECT has."""

from __future__ import annotations

from carpel.kit.words import nearest

from . import meaning as m, nodes
from .catalogue import CONTACT_TABLE, EVENT_COLUMNS, EVENT_TABLE, Catalogue
from .functions import resolve_call, resolve_interval
from .joins import Leaf, Piece, dissolve
from .problems import Complaints, Place
from .selects import Scope, SelectShapes

_BARE = Scope({CONTACT_TABLE: CONTACT_TABLE})


def resolve(query: nodes.Query, catalogue: Catalogue, complaints: Complaints) -> m.Condition:
    """The meaning of a query; what cannot be resolved is added to the complaints."""
    resolver = _Resolver(catalogue, complaints)
    if isinstance(query, nodes.Select):
        return resolver.whole(query)
    return resolver.condition(query, _BARE)


class _Resolver:
    def __init__(self, catalogue: Catalogue, complaints: Complaints) -> None:
        self.catalogue = catalogue
        self.complaints = complaints
        self._shapes = SelectShapes(complaints)
        self._aliases: set[str] = set()  # event tables that the leaf being read looks at
        self._contact = False  # whether it looks at the contact

    # --------------------------------------------------------------- selects

    def whole(self, select: nodes.Select) -> m.Condition:
        """A SELECT over contacts, its joins dissolved into conditions on events."""
        scope = self._shapes.whole(select)
        if not scope.events:
            if select.where is None:
                return m.Everyone(select.place)
            return self.condition(select.where, scope)
        piece = self._piece(select.where, scope) if select.where else None
        return dissolve(piece, scope.events, self.complaints, select.place)

    # -------------------------------------------------------------- conditions

    def _piece(self, condition: nodes.Condition, scope: Scope, *, negated: bool = False) -> Piece:
        """The WHERE of a join as pieces, NOT pushed down, each leaf with the tables it reads."""
        if isinstance(condition, nodes.Not):
            return self._piece(condition.part, scope, negated=not negated)
        if isinstance(condition, nodes.Logic):
            parts = tuple(self._piece(part, scope, negated=negated) for part in condition.parts)
            return Piece((condition.word == "and") != negated, parts, condition.place)
        self._aliases, self._contact = set(), False
        leaf = self.condition(condition, scope)
        reads = frozenset(self._aliases | ({""} if self._contact or not self._aliases else set()))
        meant = m.Not(leaf, condition.place) if negated else leaf
        return Piece(True, (), condition.place, Leaf(meant, reads))

    def condition(self, condition: nodes.Condition, scope: Scope) -> m.Condition:
        """One condition; scope tells what its names mean."""
        place = condition.place
        match condition:
            case nodes.Logic():
                parts = tuple(self.condition(part, scope) for part in condition.parts)
                return m.both(parts, place) if condition.word == "and" else m.either(parts, place)
            case nodes.Not():
                return m.Not(self.condition(condition.part, scope), place)
            case nodes.InSelect():
                return self._in_select(condition, scope)
            case nodes.Bare():
                return self._bare(condition, scope)
            case _:
                return self._test(condition, scope)

    def _test(
        self,
        condition: nodes.Comparison
        | nodes.Between
        | nodes.In
        | nodes.Like
        | nodes.IsNull
        | nodes.IsTruth,
        scope: Scope,
    ) -> m.Condition:
        place = condition.place
        match condition:
            case nodes.Comparison():
                left, right = self.value(condition.left, scope), self.value(condition.right, scope)
                return m.Compare(condition.operator, left, right, place)
            case nodes.Between():
                value, low, high = (
                    self.value(part, scope)
                    for part in (condition.value, condition.low, condition.high)
                )
                return m.Between(value, low, high, condition.negated, place)
            case nodes.In():
                options = self._constants(condition.items, "IN")
                return m.OneOf(
                    self.value(condition.value, scope), options, condition.negated, place
                )
            case nodes.Like():
                return self._like(condition, scope)
            case nodes.IsNull():
                return m.Missing(self.value(condition.value, scope), condition.negated, place)
            case nodes.IsTruth():
                return self._is_truth(condition, scope)

    def _like(self, condition: nodes.Like, scope: Scope) -> m.Condition:
        value = self.value(condition.value, scope)
        pattern = condition.pattern
        if not isinstance(pattern, nodes.Value) or not isinstance(pattern.value, str):
            self.complaints.add(
                "constant_wanted", "LIKE takes a text constant", pattern.place, "LIKE 'text%'"
            )
            return m.Everyone(condition.place)
        return m.Like(
            value, pattern.value, condition.ignore_case, condition.negated, condition.place
        )

    def _is_truth(self, condition: nodes.IsTruth, scope: Scope) -> m.Condition:
        """`x IS TRUE` is false where x is missing, so that `NOT x IS TRUE` holds there."""
        value = self.value(condition.value, scope)
        operator: m.Operator = "is distinct from" if condition.negated else "is not distinct from"
        return m.Compare(
            operator, value, m.Constant(condition.truth, condition.place), condition.place
        )

    def _bare(self, condition: nodes.Bare, scope: Scope) -> m.Condition:
        value = condition.value
        if isinstance(value, nodes.Call) and value.function.lower() == "array_contains":
            return self._array_contains(value, scope)
        if isinstance(value, nodes.Value) and value.value is True:
            return m.Everyone(condition.place)
        if isinstance(value, nodes.Value) and value.value is False:
            return m.Not(m.Everyone(condition.place), condition.place)
        # A column alone: true where it is TRUE; check() sees to it that it is a boolean.
        return m.Compare(
            "=", self.value(value, scope), m.Constant(True, condition.place), condition.place
        )

    def _array_contains(self, call: nodes.Call, scope: Scope) -> m.Condition:
        if len(call.arguments) != 2:  # noqa: PLR2004
            self.complaints.add(
                "wrong_arguments",
                "array_contains takes a list and what it may hold",
                call.place,
                "array_contains(list_ids, 'id or name')",
            )
            return m.Everyone(call.place)
        column, members = call.arguments
        value = self.value(column, scope)
        items = members.items if isinstance(members, nodes.Array) else (members,)
        constants = self._constants(items, "array_contains")
        if isinstance(value, m.Field) and value.name == "list_ids":
            return m.InLists(self._lists(constants), call.place)
        return m.Contains(value, constants, call.place)

    def _lists(self, members: tuple[m.Constant, ...]) -> tuple[str, ...]:
        found = []
        for member in members:
            name = member.value
            if not isinstance(name, str):
                message = "a list's id or name is a text"
                self.complaints.add("type_mismatch", message, member.place)
                continue
            list_id = self.catalogue.find_list(name)
            if list_id is None:
                near = nearest(name, self.catalogue.list_names())
                self.complaints.add(
                    "unknown_list",
                    f"there is no list {name!r}",
                    member.place,
                    f"did you mean {near!r}?" if near else None,
                )
                continue
            found.append(list_id)
        return tuple(found)

    def _in_select(self, condition: nodes.InSelect, scope: Scope) -> m.Condition:
        value = condition.value
        if not isinstance(value, nodes.Name) or value.parts[-1].lower() != "contact_id":
            self.complaints.add(
                "wrong_subquery", "only contact_id can be looked up in a SELECT", value.place
            )
        else:
            self._shapes.check_alias(value, scope)
        before = set(self._aliases)  # the tables inside are of no matter outside
        events = self._events(condition.select)
        self._aliases, self._contact = before, True
        return m.Not(events, condition.place) if condition.negated else events

    def _events(self, select: nodes.Select) -> m.Condition:
        """`SELECT contact_id FROM event_data …`: there are such events."""
        scope = self._shapes.events(select)
        if scope is None:
            return m.Everyone(select.place)
        where = self.condition(select.where, scope) if select.where else None
        having = None
        if select.having:
            having = self.condition(select.having, Scope(scope.tables, aggregates=True))
        return m.Events(where, having, select.place)

    def _constants(self, items: tuple[nodes.Expression, ...], where: str) -> tuple[m.Constant, ...]:
        constants = []
        for item in items:
            if isinstance(item, nodes.Value):
                constants.append(m.Constant(item.value, item.place))
            elif isinstance(item, nodes.Timestamp):
                constants.append(m.Constant(item.text, item.place))
            else:
                self.complaints.add("constant_wanted", f"{where} takes constants here", item.place)
        return tuple(constants)

    # ------------------------------------------------------------------ values

    def value(self, expression: nodes.Expression, scope: Scope) -> m.Value:
        """One value; what is wrong is complained of and stands as NULL."""
        place = expression.place
        match expression:
            case nodes.Value():
                return m.Constant(expression.value, place)
            case nodes.Timestamp():
                return m.Timestamp(expression.text, place)
            case nodes.Interval():
                return resolve_interval(expression, self.complaints)
            case nodes.Math():
                left, right = (
                    self.value(expression.left, scope),
                    self.value(expression.right, scope),
                )
                return m.Math(expression.operator, left, right, place)
            case nodes.Call():
                return resolve_call(
                    expression,
                    lambda part: self.value(part, scope),
                    self.complaints,
                    aggregates=scope.aggregates,
                )
            case nodes.Name():
                return self._name(expression, scope)
            case nodes.Array() | nodes.Star():
                self.complaints.add("value_wanted", "a single value is wanted here", place)
                return m.Constant(None, place)

    def _name(self, name: nodes.Name, scope: Scope) -> m.Value:
        if (
            not name.quoted
            and len(name.parts) == 1
            and name.parts[0].lower() == "current_timestamp"
        ):
            return m.Now(name.place)
        alias, parts = self._split(name, scope)
        if alias is not None and scope.tables[alias] == EVENT_TABLE:
            return self._event_value(alias, parts, name.place)
        if alias is None and scope.events and self._looks_like_event(parts):
            if len(scope.events) > 1:
                self.complaints.add(
                    "ambiguous",
                    f"{'.'.join(parts)} could belong to {' or '.join(scope.events)}",
                    name.place,
                    f"write {scope.events[0]}.{'.'.join(parts)}",
                )
            return self._event_value(scope.events[0], parts, name.place)
        if not scope.contacts:
            return self._contact_in_events(parts, name.place)
        self._contact = True
        return self._field(parts, name.place)

    def _split(self, name: nodes.Name, scope: Scope) -> tuple[str | None, tuple[str, ...]]:
        first = name.parts[0].lower()
        if len(name.parts) > 1 and first in scope.tables:
            return first, name.parts[1:]
        return None, name.parts

    def _looks_like_event(self, parts: tuple[str, ...]) -> bool:
        first = parts[0].lower()
        if len(parts) > 1:
            return first in ("properties", "data")
        return first in EVENT_COLUMNS and self.catalogue.find_field(parts[0]) is None

    def _event_value(self, alias: str, parts: tuple[str, ...], place: Place) -> m.Value:
        self._aliases.add(alias)
        first = parts[0].lower()
        if len(parts) == 1 and first in EVENT_COLUMNS:
            return m.EventColumn(EVENT_COLUMNS[first], place)
        if first == "properties" and len(parts) > 1:
            return m.Property(parts[1:], place)
        if first == "data" and len(parts) > 2 and parts[1].lower() == "payload":  # noqa: PLR2004
            return m.Property(parts[2:], place)
        if first == "contact_id":
            self._aliases.discard(alias)
            self._contact = True
            return m.Field("contact_id", place)
        self._unknown_event_column(".".join(parts), place)
        return m.Constant(None, place)

    def _unknown_event_column(self, name: str, place: Place) -> None:
        near = nearest(name, EVENT_COLUMNS)
        hint = (
            f"did you mean {near}, or the property properties.{name}?"
            if near
            else (f"a property of the event is written properties.{name}")
        )
        self.complaints.add("unknown_column", f"{EVENT_TABLE} has no column {name}", place, hint)

    def _contact_in_events(self, parts: tuple[str, ...], place: Place) -> m.Value:
        """A name in a subquery over events that is not one of theirs."""
        if (
            len(parts) == 1
            and parts[0].lower() != "contact_id"
            and (self.catalogue.find_field(parts[0]) is not None)
        ):
            self.complaints.add(
                "ties_contact_to_event",
                f"{parts[0]} is the contact's; a condition on events cannot be tied to it",
                place,
                "put the condition on the contact outside the subquery",
            )
            return m.Constant(None, place)
        return self._event_value(EVENT_TABLE, parts, place)

    def _field(self, parts: tuple[str, ...], place: Place) -> m.Value:
        known = self.catalogue.find_field(".".join(parts))
        if known is not None:
            return m.Field(known.name, place)
        if len(parts) > 1:
            self.complaints.add(
                "unknown_alias",
                f"no table here is called {parts[0]}",
                place,
                f"events are reached with JOIN {EVENT_TABLE} or contact_id IN (SELECT …)"
                if parts[0].lower() in ("properties", "data", "e")
                else None,
            )
            return m.Constant(None, place)
        return m.Field(parts[0], place)
