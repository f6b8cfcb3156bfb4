"""The shape of a SELECT: which tables it reads, what it gives, how it is joined and grouped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from carpel.kit.words import nearest

from . import nodes
from .catalogue import AGGREGATES, CONTACT_TABLE, EVENT_TABLE
from .dialects import Dialect
from .problems import Complaints


@dataclass(frozen=True)
class Scope:
    """The tables in reach: alias (folded) → table. `aggregates`: whether HAVING is being read."""

    tables: dict[str, str]
    aggregates: bool = False
    outputs: Mapping[str, nodes.Expression] = field(default_factory=dict)  # HAVING's aliases

    @property
    def events(self) -> list[str]:
        return [alias for alias, table in self.tables.items() if table == EVENT_TABLE]

    @property
    def contacts(self) -> bool:
        return CONTACT_TABLE in self.tables.values()


class SelectShapes:
    """Complains of SELECTs that a segment cannot be."""

    def __init__(self, complaints: Complaints, dialect: Dialect) -> None:
        self.complaints = complaints
        self._dialect = dialect

    def whole(self, select: nodes.Select) -> Scope:
        """The SELECT of a whole segment: contacts, with events joined to them."""
        scope = self._scope(select)
        if select.source.table.lower() == EVENT_TABLE:
            self.complaints.add(
                "wrong_table",
                f"a segment selects from {CONTACT_TABLE}",
                select.source.place,
                f"JOIN {EVENT_TABLE} to it, or write contact_id IN (SELECT contact_id FROM {EVENT_TABLE} …)",
            )
        self._check_outputs(select, scope)
        if select.followed:
            self.complaints.add(
                "sequence_not_here",
                "FOLLOWED BY stands inside contact_id IN (SELECT contact_id FROM event_data …)",
                select.followed[0].place,
            )
        if (select.group or select.having) and not scope.events:
            self.complaints.add(
                "group_not_here",
                "GROUP BY and HAVING are about events, and there are none here",
                select.group[0].place if select.group else select.place,
                f"contact_id IN (SELECT contact_id FROM {EVENT_TABLE} … GROUP BY contact_id HAVING …)",
            )
        for key in select.group:
            if not _is_name(key, "contact_id", "updated_at"):
                self.complaints.add(
                    "wrong_group", "events are grouped by contact_id only", key.place
                )
        return scope

    def events(self, select: nodes.Select) -> Scope | None:
        """The SELECT of a subquery: events alone, by their contact. None: it reads another table."""
        if select.source.table.lower() != EVENT_TABLE or select.joins:
            self._check_table(select.source)
            self.complaints.add(
                "wrong_subquery",
                f"a subquery reads {EVENT_TABLE} alone",
                select.source.place,
                f"SELECT contact_id FROM {EVENT_TABLE} WHERE …",
            )
            return None
        output = select.outputs[0].value
        if len(select.outputs) != 1 or not _is_contact_id(output):
            self.complaints.add(
                "wrong_output", "this SELECT must give contact_id alone", output.place
            )
        if select.followed and select.having is not None:
            self.complaints.add(
                "sequence_not_here",
                "events in a row are not counted: FOLLOWED BY and HAVING do not go together",
                select.followed[0].place,
                "use contact_id IN (SELECT …) for each, joined with AND",
            )
        for key in select.group:
            if not _is_contact_id(key):
                self.complaints.add(
                    "wrong_group", "events are grouped by contact_id only", key.place
                )
        return Scope({select.source.alias.lower(): EVENT_TABLE})

    def check_alias(self, name: nodes.Name, scope: Scope) -> None:
        """A name before a dot has to be a table's."""
        if len(name.parts) > 1 and name.parts[0].lower() not in scope.tables:
            near = nearest(name.parts[0], scope.tables)
            self.complaints.add(
                "unknown_alias",
                f"no table here is called {name.parts[0]}",
                name.place,
                f"did you mean {near}?" if near else None,
            )

    def _scope(self, select: nodes.Select) -> Scope:
        tables: dict[str, str] = {}
        for source in (select.source, *(join.source for join in select.joins)):
            self._check_table(source)
            if source.alias.lower() in tables:
                self.complaints.add(
                    "duplicate_alias", f"two tables are called {source.alias}", source.place
                )
            table = source.table.lower()
            if table not in (CONTACT_TABLE, EVENT_TABLE):  # said; no more of it
                table = CONTACT_TABLE if source is select.source else EVENT_TABLE
            tables[source.alias.lower()] = table
        scope = Scope(tables)
        for join in select.joins:
            self._check_join(join, scope)
        return scope

    def _check_table(self, source: nodes.Source) -> None:
        if source.table.lower() not in (CONTACT_TABLE, EVENT_TABLE):
            near = nearest(source.table, (CONTACT_TABLE, EVENT_TABLE))
            self.complaints.add(
                "unknown_table",
                f"there is no table {source.table}; a query reads {CONTACT_TABLE} and {EVENT_TABLE}",
                source.place,
                f"did you mean {near}?" if near else None,
            )

    def _check_join(self, join: nodes.Join, scope: Scope) -> None:
        if join.source.table.lower() == CONTACT_TABLE:
            self.complaints.add(
                "wrong_table",
                f"{CONTACT_TABLE} stands in FROM; only {EVENT_TABLE} can be joined",
                join.source.place,
            )
        on = join.on
        sides = (on.left, on.right) if isinstance(on, nodes.Comparison) else ()
        named = {
            side.parts[0].lower()
            for side in sides
            if isinstance(side, nodes.Name)
            and len(side.parts) == 2  # noqa: PLR2004
            and side.parts[0].lower() in scope.tables
            and side.parts[1].lower() == "contact_id"
        }
        fits = len(named) == 2 and join.source.alias.lower() in named  # noqa: PLR2004
        if not fits or not isinstance(on, nodes.Comparison) or on.operator != "=":
            first = next(iter(scope.tables))
            self.complaints.add(
                "bad_join",
                "tables are joined on contact_id only",
                on.place,
                f"ON {first}.contact_id = {join.source.alias}.contact_id",
            )

    def _check_outputs(self, select: nodes.Select, scope: Scope) -> None:
        names = []
        for output in select.outputs:
            value = output.value
            if isinstance(value, nodes.Name) and _is_name(value, "contact_id", "updated_at"):
                self.check_alias(value, scope)
                names.append(value.parts[-1].lower())
                continue
            if self._is_aggregate(value) and scope.events:
                continue
            self.complaints.add(
                "wrong_output",
                "a segment's query selects contact_id and updated_at, nothing else",
                value.place,
                "SELECT contact_id, updated_at FROM contact_data …",
            )
            return
        needed = ("contact_id", "updated_at") if self._dialect == "sql2" else ("contact_id",)
        for name in needed:
            if name not in names:
                self.complaints.add(
                    "wrong_output",
                    f"a segment's query must select {name}",
                    select.outputs[0].value.place,
                    "SELECT contact_id, updated_at FROM contact_data …",
                )

    def _is_aggregate(self, value: nodes.Expression) -> bool:
        """An aggregate of the joined events, for HAVING; v2 knows MAX alone, of the last event."""
        known = ("max",) if self._dialect == "sql2" else tuple(AGGREGATES)
        return isinstance(value, nodes.Call) and value.function.lower() in known


def _is_contact_id(value: nodes.Expression) -> bool:
    return _is_name(value, "contact_id")


def _is_name(value: nodes.Expression, *names: str) -> bool:
    return isinstance(value, nodes.Name) and value.parts[-1].lower() in names
