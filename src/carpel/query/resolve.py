"""From the syntax tree to the meaning: joins and subqueries become conditions on events."""

from __future__ import annotations

from carpel.kit.words import nearest

from . import meaning as m, nodes
from .catalogue import CONTACT_TABLE, EVENT_TABLE, Catalogue
from .dialects import Dialect
from .functions import read_duration, resolve_call, resolve_interval
from .joins import Leaf, Piece, Together, dissolve
from .names import NameResolver
from .problems import Complaints, Place
from .selects import Scope, SelectShapes
from .types import type_of

_BARE = Scope({CONTACT_TABLE: CONTACT_TABLE})
_WITH_EVENT = Scope({CONTACT_TABLE: CONTACT_TABLE, EVENT_TABLE: EVENT_TABLE})


def resolve(
    query: nodes.Query, catalogue: Catalogue, complaints: Complaints, dialect: Dialect = "carpel"
) -> m.Condition:
    """The meaning of a query; what cannot be resolved is added to the complaints."""
    resolver = _Resolver(catalogue, complaints, dialect)
    if isinstance(query, nodes.Select):
        return resolver.whole(query)
    if dialect == "sgql":
        return resolver.about_one_event(query)
    if dialect == "sql2":
        complaints.add(
            "select_wanted",
            "a segment's query is a SELECT",
            query.place,
            "SELECT contact_id, updated_at FROM contact_data WHERE …",
        )
    return resolver.condition(query, _BARE)


class _Resolver(NameResolver):
    def __init__(self, catalogue: Catalogue, complaints: Complaints, dialect: Dialect) -> None:
        super().__init__(catalogue, complaints)
        self._dialect = dialect
        self._shapes = SelectShapes(complaints, dialect)

    # --------------------------------------------------------------- selects

    def whole(self, select: nodes.Select) -> m.Condition:
        """A SELECT over contacts, its joins dissolved into conditions on events."""
        scope = self._shapes.whole(select)
        if not scope.events:
            if select.where is None:
                return m.Everyone(select.place)
            return self.condition(select.where, scope)
        piece = self._piece(select.where, scope) if select.where else None
        for output in select.outputs:
            if isinstance(output.value, nodes.Call):  # looked at even where HAVING is not
                self.value(output.value, Scope(scope.tables, aggregates=True))
        if select.having is None:
            return dissolve(piece, scope.events, self.complaints, select.place)
        outputs = {one.alias.lower(): one.value for one in select.outputs if one.alias is not None}
        self.aliases = set()
        having = self.condition(
            select.having, Scope(scope.tables, aggregates=True, outputs=outputs)
        )
        of = self.aliases or set(scope.events)
        if len(of) > 1:
            self.complaints.add(
                "ambiguous",
                f"HAVING speaks of {' and '.join(sorted(of))}, of one of them it can",
                select.having.place,
                "use contact_id IN (SELECT contact_id FROM event_data … HAVING …) for each",
            )
        together = Together(next(iter(of)), having)
        return dissolve(piece, scope.events, self.complaints, select.place, together)

    def about_one_event(self, condition: nodes.Condition) -> m.Condition:
        """A bare condition whose `event_` names all mean one event, where it has any."""
        piece = self._piece(condition, _WITH_EVENT)
        events = _WITH_EVENT.events
        return dissolve(piece, events, self.complaints, condition.place, asks=False)

    # -------------------------------------------------------------- conditions

    def _piece(self, condition: nodes.Condition, scope: Scope, *, negated: bool = False) -> Piece:
        """The WHERE of a join as pieces, NOT pushed down, each leaf with the tables it reads."""
        if isinstance(condition, nodes.Not):
            return self._piece(condition.part, scope, negated=not negated)
        if isinstance(condition, nodes.Logic):
            parts = tuple(self._piece(part, scope, negated=negated) for part in condition.parts)
            return Piece((condition.word == "and") != negated, parts, condition.place)
        self.aliases, self.contact = set(), False
        leaf = self.condition(condition, scope)
        reads = frozenset(self.aliases | ({""} if self.contact or not self.aliases else set()))
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
            case nodes.InSegment():
                return self._in_segment(condition, scope)
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
        if isinstance(value, nodes.Call) and value.function.lower() == "regexp_like":
            return self._regexp(value, scope)
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
        if isinstance(column, nodes.Name) and column.parts == ("properties",) and scope.events:
            return self._has_property(call, members, scope.events[0])
        items = members.items if isinstance(members, nodes.Array) else (members,)
        constants = self._constants(items, "array_contains")
        if isinstance(column, nodes.Name) and column.parts[-1].lower() == "segment_ids":
            self._shapes.check_alias(column, scope)
            self.contact = True
            return self._segments(constants, call.place)
        value = self.value(column, scope)
        if isinstance(value, m.Field) and value.name == "list_ids":
            lists = self._lists(constants)
            if not lists and self._dialect != "carpel":
                return m.Not(m.Everyone(call.place), call.place)
            return m.InLists(lists, call.place)
        return m.Contains(value, constants, call.place)

    def _has_property(self, call: nodes.Call, key: nodes.Expression, alias: str) -> m.Condition:
        """An event's data holds a key."""
        (name,) = self._constants((key,), "CONTAINS") or (m.Constant(None),)
        if not isinstance(name.value, str):
            self.complaints.add("constant_wanted", "a key is a text", key.place)
            return m.Everyone(call.place)
        self.aliases.add(alias)
        return m.Missing(m.Property((name.value,), key.place), negated=True, place=call.place)

    def _lists(self, members: tuple[m.Constant, ...]) -> tuple[str, ...]:
        found = []
        for member in members:
            name = member.value
            if not isinstance(name, str):
                message = "a list's id or name is a text"
                self.complaints.add("type_mismatch", message, member.place)
                continue
            list_id = self.catalogue.find_list(name)
            if list_id is None and self._dialect != "carpel":
                continue  # at the vendor, no contact has it
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

    def _in_segment(self, condition: nodes.InSegment, scope: Scope) -> m.Condition:
        if condition.value is not None:
            self._only_contact_id(condition.value, scope)
        self.contact = True
        found = self._segments(self._constants(condition.items, "IN SEGMENT"), condition.place)
        return m.Not(found, condition.place) if condition.negated else found

    def _segments(self, members: tuple[m.Constant, ...], place: Place) -> m.Condition:
        """Segments by id, code or name; at the vendor an id of none fits no one."""
        found = []
        for member in members:
            name = str(member.value)
            segment_id = self.catalogue.find_segment(name)
            if segment_id is not None:
                found.append(segment_id)
            elif self._dialect == "carpel":
                near = nearest(name, self.catalogue.segment_names())
                self.complaints.add(
                    "unknown_segment",
                    f"there is no segment {name!r}",
                    member.place,
                    f"did you mean {near!r}?" if near else None,
                )
        if not found:
            return m.Not(m.Everyone(place), place)
        return m.InSegments(tuple(found), place)

    def _regexp(self, call: nodes.Call, scope: Scope) -> m.Condition:
        values = [one.value if isinstance(one, nodes.Value) else None for one in call.arguments[1:]]
        match values:
            case [str() as pattern] | [str() as pattern, "c" | "C"]:
                return m.Regexp(self.value(call.arguments[0], scope), pattern, False, call.place)
            case [str() as pattern, "i" | "I"]:
                return m.Regexp(self.value(call.arguments[0], scope), pattern, True, call.place)
            case _:
                self.complaints.add(
                    "wrong_arguments",
                    "regexp_like takes a value, an expression, and 'i' for any case of letters",
                    call.place,
                    "regexp_like(email, '@example[.]com$', 'i')",
                )
                return m.Everyone(call.place)

    def _only_contact_id(self, value: nodes.Expression, scope: Scope) -> None:
        if not isinstance(value, nodes.Name) or value.parts[-1].lower() != "contact_id":
            self.complaints.add(
                "wrong_subquery", "only contact_id can be looked up here", value.place
            )
        else:
            self._shapes.check_alias(value, scope)

    def _in_select(self, condition: nodes.InSelect, scope: Scope) -> m.Condition:
        self._only_contact_id(condition.value, scope)
        before = set(self.aliases)  # the tables inside are of no matter outside
        events = self._events(condition.select)
        self.aliases, self.contact = before, True
        return m.Not(events, condition.place) if condition.negated else events

    def _events(self, select: nodes.Select) -> m.Condition:
        """`SELECT contact_id FROM event_data …`: there are such events."""
        scope = self._shapes.events(select)
        if scope is None:
            return m.Everyone(select.place)
        where = self.condition(select.where, scope) if select.where else None
        if select.followed and where is not None:
            then = (self._then(followed, scope) for followed in select.followed)
            return m.Sequence(where, tuple(then), select.place)
        having = None
        if select.having:
            having = self.condition(select.having, Scope(scope.tables, aggregates=True))
        return m.Events(where, having, select.place)

    def _then(self, followed: nodes.Followed, scope: Scope) -> m.Then:
        within = None
        if followed.within is not None:
            span = followed.within
            within = read_duration(span.amount, span.unit, span.place, self.complaints)
        return m.Then(self.condition(followed.by, scope), within)

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
                if self._dialect == "sgql" and expression.operator == "+":
                    kinds = (type_of(left, self.catalogue), type_of(right, self.catalogue))
                    if kinds in (("text", "text"), ("text", "any"), ("any", "text")):
                        return m.concat((left, right), place)
                return m.Math(expression.operator, left, right, place)
            case nodes.Call():
                return resolve_call(
                    expression,
                    lambda part: self.value(part, scope),
                    self.complaints,
                    aggregates=scope.aggregates,
                )
            case nodes.Name():
                alias = expression.parts[0].lower()
                if len(expression.parts) == 1 and (output := scope.outputs.get(alias)):
                    return self.value(output, Scope(scope.tables, aggregates=True))
                return self.column(expression, scope)
            case nodes.Array() | nodes.Star():
                self.complaints.add("value_wanted", "a single value is wanted here", place)
                return m.Constant(None, place)
