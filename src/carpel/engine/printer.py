"""A finished plan as SQL over the column store. It renders and decides nothing.

No user's text gets into the SQL: constants are values, and names of columns come from the store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from carpel.storage.columns import Kind, Names
from carpel.storage.columns.tables import path_text
from carpel.storage.sql import Sql

from . import plan as p
from .calendars import days_to_anniversaries, position
from .moving import bound
from .reads import on_contacts

FormulaSets: TypeAlias = Mapping[p.FormulaTest, Sequence[int]]

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  (the store's timestamps carry no zone; they are UTC)
_NUMBER = "DECIMAL(38, 12)"
_CASTS = {"number": _NUMBER, "date": "TIMESTAMP", "boolean": "BOOLEAN"}


class Printer:
    """Prints the conditions of one plan, for one workspace at one instant."""

    def __init__(
        self, names: Names, now: int, formulas: FormulaSets, only: range | None = None
    ) -> None:
        """Args: only: the numbers of the contacts to look at, None for all."""
        self._names = names
        self._now = now
        self._formulas = formulas
        self._only = only
        self._values: list[Any] = []

    def members(self, plan: p.Plan) -> Sql:
        """The numbers of all contacts for whom the plan is true."""
        self._values = []
        where = self._contact(plan) + self._restriction("c")
        return Sql(
            f"SELECT c.no FROM {self._names.contacts} AS c WHERE {where}", tuple(self._values)
        )

    def filled(self, plan: p.Plan, columns: Sequence[str]) -> Sql:
        """How many of the contacts for whom the plan is true have a value in each column."""
        self._values = []
        where = self._contact(plan)
        known = self._names.contact_columns
        counts = ", ".join(f"count(c.{name})" if name in known else "0" for name in columns)
        return Sql(
            f"SELECT {counts} FROM {self._names.contacts} AS c WHERE {where}", tuple(self._values)
        )

    def counts(self, plans: Sequence[p.Plan]) -> Sql:
        """For how many contacts each of some plans is true, in one look at all of them."""
        self._values = []
        truths = ", ".join(f"{self._contact(plan)} AS x{n}" for n, plan in enumerate(plans))
        counts = ", ".join(f"count(*) FILTER (WHERE x{n})" for n in range(len(plans)))
        return Sql(
            f"SELECT {counts} FROM (SELECT {truths} FROM {self._names.contacts} AS c)",
            tuple(self._values),
        )

    def operands(self, operands: Sequence[p.Operand], *, events: bool) -> Sql:
        """Number and these values of all rows that have them all, for formulas."""
        self._values = []
        shown = [comparable(operand, self._operand(operand)) for operand in operands]
        table, row = (self._names.events, "e") if events else (self._names.contacts, "c")
        columns = ", ".join(f"{text} AS v{place}" for place, text in enumerate(shown))
        there = " AND ".join(f"v{place} IS NOT NULL" for place in range(len(shown)))
        rows = (
            f"SELECT {row}.no, {columns} FROM {table} AS {row} WHERE TRUE{self._restriction(row)}"
        )
        return Sql(
            f"SELECT * FROM ({rows}) WHERE {there}",
            tuple(self._values),
        )

    def earliest(self, operand: p.Operand, after: int, types: Sequence[str] | None) -> Sql:
        """The first instant after (not at) one, among the values of a date operand."""
        self._values = []
        contacts = on_contacts(operand)
        table, row = (self._names.contacts, "c") if contacts else (self._names.events, "e")
        shown = self._operand(operand)
        where = f"{self._operand(operand)} > {self._value(_timestamp(after))}"
        if types is not None:
            where += f" AND e.type IN ({', '.join(self._value(name) for name in types)})"
        where += self._restriction(row)
        return Sql(f"SELECT min({shown}) FROM {table} AS {row} WHERE {where}", tuple(self._values))

    def event_count(self, test: p.EventTest) -> Sql:
        """How many events fit, whatever `having` says of them."""
        self._values = []
        where = self._row(test.where) + self._restriction("e")
        return Sql(
            f"SELECT count(*) FROM {self._names.events} AS e WHERE {where}", tuple(self._values)
        )

    def newest(self, most: int) -> Sql:
        """The numbers of the contacts that changed last, the newest first."""
        return Sql(
            f"SELECT no FROM {self._names.contacts} ORDER BY updated_at DESC, no DESC LIMIT ?",
            (most,),
        )

    # -------------------------------------------------------------------- trees

    def _contact(self, plan: p.Plan) -> str:
        match plan:
            case p.All() | p.AnyOf():
                word = " AND " if isinstance(plan, p.All) else " OR "
                return f"({word.join(self._contact(part) for part in plan.parts)})"
            case p.Everyone():
                return "TRUE"
            case p.NoOne():
                return "FALSE"
            case p.ListTest():
                return f"{_not(plan.negated)}list_contains(c.lists, {self._value(plan.list)})"
            case p.EventTest():
                return self._events(plan)
            case p.SequenceTest():
                return self._sequence(plan)
            case p.SegmentTest():
                raise NotImplementedError("segments inside segments are resolved before printing")
            case _:
                return self._leaf(plan)

    def _row(self, where: p.Tree[p.RowLeaf]) -> str:
        match where:
            case p.All() | p.AnyOf():
                word = " AND " if isinstance(where, p.All) else " OR "
                return f"({word.join(self._row(part) for part in where.parts)})"
            case p.Everyone():
                return "TRUE"
            case p.NoOne():
                return "FALSE"
            case _:
                return self._leaf(where)

    def _having(self, having: p.Tree[p.AggregateTest]) -> str:
        match having:
            case p.All() | p.AnyOf():
                word = " AND " if isinstance(having, p.All) else " OR "
                return f"({word.join(self._having(part) for part in having.parts)})"
            case p.Everyone():
                return "TRUE"
            case p.NoOne():
                return "FALSE"
            case _:
                return self._aggregate_test(having)

    def _events(self, test: p.EventTest) -> str:
        having = ""
        where = self._row(test.where) + self._restriction("e")
        if test.having is not None:
            having = f" GROUP BY e.contact HAVING {self._having(test.having)}"
        inner = f"SELECT e.contact FROM {self._names.events} AS e WHERE {where}{having}"
        return f"c.no {_not(test.negated)}IN ({inner})"

    def _sequence(self, test: p.SequenceTest) -> str:
        """Events in a row, each looked up by itself and joined by time."""
        rows = f"{self._chosen(test.first)} AS s0"
        for place, then in enumerate(test.then, start=1):
            on = f"s{place}.contact = s{place - 1}.contact AND s{place}.at > s{place - 1}.at"
            chosen = self._chosen(then.where)
            if then.within is not None:
                within = self._value(then.within)
                on += f" AND s{place}.at <= s{place - 1}.at + to_microseconds({within})"
            rows += f" JOIN {chosen} AS s{place} ON {on}"
        return f"c.no {_not(test.negated)}IN (SELECT s0.contact FROM {rows})"

    def _chosen(self, where: p.Tree[p.RowLeaf]) -> str:
        rows = f"{self._names.events} AS e WHERE {self._row(where)}{self._restriction('e')}"
        return f"(SELECT e.contact, e.happened_at AS at FROM {rows})"

    # ------------------------------------------------------------------- leaves

    def _leaf(self, leaf: p.RowLeaf) -> str:
        match leaf:
            case p.ValueTest():
                return self._test(self._operand(leaf.operand), leaf.test)
            case p.PairTest():
                left, right = self._operand(leaf.left), self._operand(leaf.right)
                return f"{left} {leaf.operator} {right}"
            case p.FormulaTest():
                first = next(operand for term in leaf.terms for operand in term.operands)
                row = "c" if on_contacts(first) else "e"
                return f"{row}.no IN (SELECT unnest({self._value(list(self._formulas[leaf]))}))"

    def _test(self, shown: str, test: p.Test) -> str:
        match test:
            case p.Compare():
                return f"{shown} {test.operator} {self._constant(test.constant)}"
            case p.OneOf():
                constants = ", ".join(self._constant(constant) for constant in test.constants)
                return f"{shown} {_not(test.negated)}IN ({constants})"
            case p.Matches():
                word = "ILIKE" if test.ignore_case else "LIKE"
                pattern = self._value(_pattern(test.pattern))
                return f"{shown} {_not(test.negated)}{word} {pattern} ESCAPE '\\'"
            case p.FitsRegexp():
                options = "i" if test.ignore_case else "c"
                # The empty group keeps the store from making a LIKE of it, which is not the same
                # for `a^` and for a `.` beside a line's end.
                pattern = self._value("()" + test.pattern)
                return f"{_not(test.negated)}regexp_matches({shown}, {pattern}, '{options}')"
            case p.Missing():
                return f"{shown} IS {_not(test.negated)}NULL"
            case p.Contains():
                return (
                    f"{_not(test.negated)}list_has_any({shown}, {self._value(list(test.members))})"
                )

    def _aggregate_test(self, test: p.AggregateTest) -> str:
        if test.function == "count" and test.of is None:
            return self._test("count(*)", test.test)
        assert test.of is not None  # noqa: S101
        shown = self._operand(p.Operand(test.of))
        if test.function == "average":
            return self._average(shown, test.test)
        if test.function == "count distinct":
            return self._test(f"count(DISTINCT {shown})", test.test)
        if test.function in ("first", "last"):
            shown = f"{test.function}({shown} ORDER BY e.happened_at, e.no)"
            return self._test(shown, test.test)
        return self._test(f"{test.function}({shown})", test.test)

    def _average(self, shown: str, test: p.Test) -> str:
        """An average is compared as sum against constant times count: exact, with no division."""
        if not isinstance(test, p.Compare):
            return self._test(f"sum({shown})", test)
        return f"sum({shown}) {test.operator} {self._constant(test.constant)} * count({shown})"

    # ------------------------------------------------------------------- values

    def _operand(self, operand: p.Operand) -> str:
        shown = self._seen(operand.seen)
        for step in operand.steps:
            if isinstance(step, p.Remainder):
                shown = f"({shown} % {self._value(step.divisor)})"
            elif isinstance(step, p.Bucket):
                shown = self._bucket(shown, step)
            elif isinstance(step, p.DaysToAnniversary):
                shown = self._days_to_anniversary(shown, step)
            elif step == "trim":
                shown = f"trim({shown}, ' ')"  # without it, every kind of space
            else:
                shown = f"{step}({shown})"
        return shown

    def _bucket(self, shown: str, step: p.Bucket) -> str:
        digits = f"substr(md5({self._value(step.salt + ':')} || {shown}), 1, 15)"
        return f"(CAST('0x' || {digits} AS BIGINT) % {self._value(step.buckets)})"

    def _days_to_anniversary(self, shown: str, step: p.DaysToAnniversary) -> str:
        # The day among the 366 of a leap year, and for each of these how far it is.
        day = f"dayofyear(CAST('2024' || strftime({shown}, '-%m-%d') AS DATE))"
        days = ", ".join(map(str, days_to_anniversaries(step.zone, self._now)))
        return f"list_extract([{days}], {day})"

    def _seen(self, seen: p.Seen) -> str:
        match seen:
            case p.Column(name="id"):
                return "CAST(c.id AS VARCHAR)"
            case p.Column():
                if seen.name not in self._names.contact_columns:
                    return f"CAST(NULL AS {_CASTS.get(seen.kind, _list_or_text(seen.kind))})"
                return f"c.{seen.name}"
            case p.EventColumn():
                return f"e.{seen.name}"
            case p.Property():
                return self._property(seen)
            case p.Joined():
                parts = (
                    self._value(part) if isinstance(part, str) else self._operand(part)
                    for part in seen.parts
                )
                return f"({' || '.join(parts)})"

    def _property(self, seen: p.Property) -> str:
        """A property read as one kind; as text, whatever kind of value it holds."""
        path = path_text(seen.path)
        columns = self._names.property_columns.get(path, {})
        kinds: tuple[Kind, ...] = ("text", "number", "boolean", "json")
        if seen.kind in ("number", "date", "boolean"):
            kinds = (seen.kind,)
        shown = [_as(f"e.{columns[kind]}", kind, seen.kind) for kind in kinds if kind in columns]
        if self._names.overflown:
            shown.extend(self._overflown(path, kind, seen.kind) for kind in kinds)
        if not shown:
            return f"CAST(NULL AS {_CASTS.get(seen.kind, 'VARCHAR')})"
        return shown[0] if len(shown) == 1 else f"coalesce({', '.join(shown)})"

    def _overflown(self, path: str, kind: Kind, wanted: str) -> str:
        pointer = f"/{path.replace('~', '~0').replace('/', '~1')}/{kind}"
        text = f"json_extract_string(e.more, {self._value(pointer)})"
        return f"TRY_CAST({text} AS {_CASTS[wanted]})" if wanted in _CASTS else text

    def _constant(self, constant: p.Constant) -> str:
        match constant:
            case p.Instant():
                return self._value(_timestamp(constant.at))
            case p.Moving():
                return self._value(_timestamp(bound(constant, self._now)))
            case p.CalendarStart():
                return self._value(_timestamp(position(constant, self._now)))
            case _:
                return self._value(constant)

    def _restriction(self, row: str) -> str:
        if self._only is None:
            return ""
        number = "c.no" if row == "c" else "e.contact"
        if len(self._only) == 1:
            return f" AND {number} = {self._value(self._only.start)}"
        first, beyond = self._value(self._only.start), self._value(self._only.stop)
        return f" AND {number} >= {first} AND {number} < {beyond}"

    def _value(self, value: Any) -> str:
        self._values.append(value)
        return "?"


def _as(column: str, kind: Kind, wanted: str) -> str:
    """A property's column of one kind, for a reader that wants another."""
    if wanted in ("number", "date", "boolean") or kind in ("text", "json"):
        return column
    if kind == "number":
        return f"rtrim(rtrim(CAST({column} AS VARCHAR), '0'), '.')"
    return f"CAST({column} AS VARCHAR)"


def comparable(operand: p.Operand, shown: str) -> str:
    """A date as microseconds, so that formulas see numbers only."""
    is_date = operand.seen.kind == "date" and not operand.steps
    return f"epoch_us({shown})" if is_date else shown


def _list_or_text(kind: str) -> str:
    return "VARCHAR[]" if kind == "text-list" else "VARCHAR"


def _timestamp(instant: int) -> datetime:
    return _EPOCH + timedelta(microseconds=instant)


def _pattern(pattern: tuple[str | p.Wildcard, ...]) -> str:
    text = ""
    for part in pattern:
        if isinstance(part, p.Wildcard):
            text += "%" if part.many else "_"
        else:
            text += part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return text


def _not(negated: bool) -> str:  # noqa: FBT001
    return "NOT " if negated else ""
