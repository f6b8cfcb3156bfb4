"""Help while rules are written: is this right, and what can follow here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from carpel.domain.fields import Fields
from carpel.domain.lists import Lists
from carpel.domain.workspaces import Workspace
from carpel.kit.numbers import plain
from carpel.kit.zones import zone_names
from carpel.query.catalogue import (
    AGGREGATES,
    CONTACT_TABLE,
    EVENT_TABLE,
    EVENT_TYPES,
    FUNCTIONS,
)
from carpel.query.completion import Expected, Seen, expected
from carpel.query.problems import Problem
from carpel.query.render import render_constant, render_name
from carpel.storage.columns import Columns, Snapshot, occurring
from carpel.storage.sql import Sql

from .dialects import Dialect
from .model import Definition
from .service import BadQuery, Segments

MOST_SUGGESTED = 50
_UNITS = ("SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "YEAR")
_OPERATORS = {
    "text": ("=", "!=", "IN", "LIKE", "ILIKE", "BETWEEN", "IS NULL", "IS NOT NULL", "<", ">"),
    "number": ("=", "!=", "<", "<=", ">", ">=", "BETWEEN", "IN", "IS NULL", "IS NOT NULL"),
    "date": (">", ">=", "<", "<=", "BETWEEN", "=", "IS NULL", "IS NOT NULL"),
    "boolean": ("= TRUE", "= FALSE", "IS NULL", "IS NOT NULL"),
    "text-list": ("IS NULL", "IS NOT NULL"),
}
_MOMENTS = ("NOW()", "NOW() - INTERVAL '30' DAY", "START_OF('month')", "TIMESTAMP '2026-01-31'")
_CONDITIONS = (
    "NOT", "array_contains(", "regexp_like(", "IN SEGMENT", f"contact_id IN (SELECT contact_id FROM {EVENT_TABLE} WHERE ",
)  # fmt: skip


@dataclass(frozen=True)
class Checked:
    """What became of rules; without problems, what they mean in every form."""

    problems: list[Problem]
    in_document: bool
    sql: str | None = None
    document: dict[str, Any] | None = None
    sentence: str | None = None


@dataclass(frozen=True)
class Suggestion:
    """Something that can follow: the text to put in, what it is, its type, how often it occurs."""

    text: str
    kind: str
    type: str | None = None
    count: int | None = None


@dataclass(frozen=True)
class Suggested:
    """What can follow, and from where the text is replaced by it."""

    start: int
    suggestions: list[Suggestion]


class Assistant:
    """Answers for one workspace at a time."""

    def __init__(self, segments: Segments, fields: Fields, lists: Lists, columns: Columns) -> None:
        self._segments = segments
        self._fields = fields
        self._lists = lists
        self._columns = columns

    def validate(self, workspace: Workspace, wanted: Definition) -> Checked:
        """Every problem of the rules, or what they mean. Nothing is evaluated or kept.

        Raises:
            Invalid: there are no rules, or both forms are given.
        """
        in_document = wanted.sql is None
        try:
            compiled, _ = self._segments.compile(workspace, wanted)
        except BadQuery as refused:
            return Checked(refused.problems, in_document)
        return Checked([], in_document, compiled.canonical, compiled.document, compiled.sentence)

    def complete(
        self, workspace: Workspace, text: str, cursor: int, dialect: Dialect = "carpel"
    ) -> Suggested:
        """What can stand at a place of a text, the likeliest first."""
        place = expected(text, cursor, dialect)
        with self._columns.snapshot() as snapshot:
            helper = _Helper(workspace, place, self._segments, self._fields, self._lists, snapshot)
            seen: dict[str, Suggestion] = {}
            for one in helper.suggestions():
                if one.text.lower().lstrip("\"'").startswith(place.partial.lower()):
                    seen.setdefault(one.text, one)
                if len(seen) == MOST_SUGGESTED:
                    break
        return Suggested(place.start, list(seen.values()))


class _Helper:
    def __init__(
        self,
        workspace: Workspace,
        place: Expected,
        segments: Segments,
        fields: Fields,
        lists: Lists,
        snapshot: Snapshot,
    ) -> None:
        self._workspace = workspace
        self._place = place
        self._segments = segments
        self._fields = fields
        self._lists = lists
        self._snapshot = snapshot
        self._names = snapshot.names(workspace.no)

    def suggestions(self) -> Iterator[Suggestion]:
        wants = self._place.wants
        yield from (Suggestion(word, "keyword") for word in self._place.words)
        for want in (
            "constant", "list", "segment", "column", "condition", "value", "operator", "negated", "junction",
            "table", "output", "null", "unit", "zone", "select",
        ):  # fmt: skip
            if want in wants:
                yield from getattr(self, f"_{want}")()

    # ------------------------------------------------------------------- names

    def _condition(self) -> Iterator[Suggestion]:
        yield from self._columns_in_reach()
        if self._place.on == "contact":
            yield from (Suggestion(text, "keyword") for text in _CONDITIONS)
        else:
            yield from (Suggestion(text, "keyword") for text in ("NOT", "regexp_like("))
        yield from self._functions()

    def _value(self) -> Iterator[Suggestion]:
        yield from self._columns_in_reach()
        yield from self._functions()

    def _columns_in_reach(self) -> Iterator[Suggestion]:
        if self._place.on == "event":
            yield from (Suggestion(name, "column", kind) for name, kind in EVENT_TYPES.items())
            for path in self._property_paths():
                yield Suggestion("properties." + ".".join(map(render_name, path)), "property")
            yield from (Suggestion(f"{name.upper()}(", "function") for name in AGGREGATES)
            return
        yield from self._contact_fields()

    def _functions(self) -> Iterator[Suggestion]:
        for name in FUNCTIONS:
            yield Suggestion(
                f"{name.upper()}(", "function", "number" if name == "length" else "text"
            )
        yield Suggestion("CONCAT(", "function", "text")
        yield Suggestion("NOW()", "function", "date")
        yield Suggestion("START_OF(", "function", "date")
        yield Suggestion("DAYS_TO_ANNIVERSARY(", "function", "number")
        if self._place.on == "contact":
            yield Suggestion("RANDOM_BUCKET(", "function", "number")

    def _column(self) -> Iterator[Suggestion]:
        """After `alias.` or `properties.` and further down."""
        path = tuple(part for part in self._place.path)
        lowered = [part.lower() for part in path]
        if "properties" in lowered or "payload" in lowered:
            key = "properties" if "properties" in lowered else "payload"
            inner = path[lowered.index(key) + 1 :]
            for one in self._property_paths():
                if one[: len(inner)] == inner and len(one) > len(inner):
                    yield Suggestion(render_name(one[len(inner)]), "property")
            return
        yield from (Suggestion(name, "column", kind) for name, kind in EVENT_TYPES.items())
        yield Suggestion("properties", "property")
        yield Suggestion("contact_id", "column", "text")
        yield from self._contact_fields()

    def _contact_fields(self) -> Iterator[Suggestion]:
        """Of an object only the parts can be named."""
        for found in self._fields.list_of(self._workspace.no):
            if found.type != "object":
                yield Suggestion(render_name(found.name), "field", found.type)

    def _property_paths(self) -> list[tuple[str, ...]]:
        if self._names is None:
            return []
        return sorted(tuple(json.loads(path)) for path in self._names.property_columns)

    def _table(self) -> Iterator[Suggestion]:
        yield from (Suggestion(name, "table") for name in (CONTACT_TABLE, EVENT_TABLE))

    def _list(self) -> Iterator[Suggestion]:
        for one in self._lists.list_of(self._workspace.no):
            yield Suggestion(render_constant(one.name), "list")

    def _segment(self) -> Iterator[Suggestion]:
        for one in self._segments.list_of(self._workspace):
            yield Suggestion(render_constant(one.code), "segment")

    # ------------------------------------------------------------------- words

    def _operator(self) -> Iterator[Suggestion]:
        kind = self._kind()
        words = _OPERATORS.get(kind or "text", _OPERATORS["text"])
        yield from (Suggestion(word, "operator", kind) for word in words)

    def _negated(self) -> Iterator[Suggestion]:
        yield from _keywords(("IN", "LIKE", "ILIKE", "BETWEEN"))

    def _junction(self) -> Iterator[Suggestion]:
        yield from _keywords(("AND", "OR"))
        if self._place.on == "event":
            yield from _keywords(("FOLLOWED BY", "GROUP BY contact_id HAVING"))

    def _null(self) -> Iterator[Suggestion]:
        yield from _keywords(
            ("NULL", "NOT NULL", "DISTINCT FROM", "NOT DISTINCT FROM", "TRUE", "FALSE")
        )

    def _unit(self) -> Iterator[Suggestion]:
        yield from (Suggestion(word, "unit") for word in _UNITS)

    def _zone(self) -> Iterator[Suggestion]:
        yield from (Suggestion(render_constant(name), "zone") for name in sorted(zone_names()))

    def _select(self) -> Iterator[Suggestion]:
        if self._place.on == "contact" and self._place.of is None:
            yield from _keywords((f"SELECT contact_id, updated_at FROM {CONTACT_TABLE} WHERE",))
        else:
            yield from _keywords((f"SELECT contact_id FROM {EVENT_TABLE} WHERE",))

    def _output(self) -> Iterator[Suggestion]:
        yield from _keywords(("contact_id", "contact_id, updated_at"))

    # ------------------------------------------------------------------ values

    def _constant(self) -> Iterator[Suggestion]:
        """What the value beside it has, the most frequent first."""
        kind = self._kind()
        if kind == "boolean":
            yield from (Suggestion(word, "value", "boolean") for word in ("TRUE", "FALSE"))
        elif kind == "date":
            yield from (Suggestion(text, "value", "date") for text in _MOMENTS)
        elif (statement := self._occurring(kind)) is not None:
            for value, count in self._snapshot.rows(statement):
                text = plain(Decimal(value)) if kind == "number" else render_constant(value)
                yield Suggestion(text, "value", kind, count)

    def _kind(self) -> str | None:
        """The type of the value beside; None for properties, which take any."""
        match self._place.of:
            case Seen(kind="field", path=(name,)):
                found = self._fields.find(self._workspace.no, name)
                return found.type if found else None
            case Seen(kind="event", path=(name,)):
                return "date" if name == "timestamp" else "text"
            case _:
                return None

    def _occurring(self, kind: str | None) -> Sql | None:
        of, names = self._place.of, self._names
        if of is None or names is None:
            return None
        prefix = self._place.partial
        if of.kind == "event":
            return occurring.of_events(names, of.path[0], prefix, MOST_SUGGESTED)
        if of.kind == "property":
            return occurring.of_property(names, of.path, prefix, MOST_SUGGESTED)
        found = self._fields.find(self._workspace.no, of.path[0])
        if found is None or kind not in ("text", "number", "text-list"):
            return None
        ask = occurring.members if kind == "text-list" else occurring.of_contacts
        return ask(names, found.column, prefix, MOST_SUGGESTED)


def _keywords(words: Iterable[str]) -> Iterator[Suggestion]:
    return (Suggestion(word, "keyword") for word in words)
