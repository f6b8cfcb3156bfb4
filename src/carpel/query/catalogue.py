"""What a query may name: the fields and lists of a workspace, and what the language offers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias, get_args

from carpel.engine.plan import Plan

from .meaning import AggregateName, CalendarUnit, EventColumnName, FunctionName, Type

Language: TypeAlias = Literal["en", "fr"]


@dataclass(frozen=True)
class FieldInfo:
    """A field as queries see it: its name, its type, and the column the engine reads."""

    name: str
    type: Type
    column: str


class Catalogue(Protocol):
    """The workspace's names, as they are now."""

    def language(self) -> Language:
        """The language in which rules are told to people."""
        ...

    def find_field(self, name: str) -> FieldInfo | None:
        """The field of this name, whatever its case."""
        ...

    def field_names(self) -> list[str]:
        """All field names, for hints."""
        ...

    def find_list(self, id_or_name: str) -> str | None:
        """The id of the list of this id or exact name."""
        ...

    def list_number(self, list_id: str) -> int | None:
        """The number by which the engine knows a list."""
        ...

    def list_name(self, list_id: str) -> str:
        """The name of a list, for people; its id when it is gone."""
        ...

    def find_segment(self, reference: str) -> str | None:
        """The id of the segment of this id, code or exact name."""
        ...

    def segment_plan(self, segment_id: str) -> Plan | None:
        """Who is in a segment; None when its own rules make no sense any more."""
        ...

    def segment_name(self, segment_id: str) -> str:
        """The name of a segment, for people; its id when it is gone."""
        ...

    def segment_names(self) -> list[str]:
        """All codes and names of segments, for hints."""
        ...

    def list_names(self) -> list[str]:
        """All list names, for hints."""
        ...


CONTACT_TABLE = "contact_data"
EVENT_TABLE = "event_data"

# Columns of event_data → name in the meaning; v1's event_ names are understood too.
EVENT_COLUMNS: dict[str, EventColumnName] = {
    "event_type": "event_type",
    "event_source": "event_source",
    "timestamp": "timestamp",
    "event_timestamp": "timestamp",
    "event_id": "event_id",
}
EVENT_TYPES: dict[EventColumnName, Type] = {
    "event_type": "text",
    "event_source": "text",
    "timestamp": "date",
    "event_id": "text",
}
FUNCTIONS: dict[str, FunctionName] = {
    "lower": "lower",
    "upper": "upper",
    "length": "length",
    "trim": "trim",
}
AGGREGATES: dict[str, AggregateName] = {
    "count": "count",
    "sum": "sum",
    "avg": "avg",
    "min": "min",
    "max": "max",
    "first": "first",
    "last": "last",
}
NOW_FUNCTIONS = ("now", "current_timestamp", "getdate", "sysdate")
OTHER_FUNCTIONS = (
    "concat", "array_contains", "regexp_like", "timestampadd", "dateadd", "start_of", "date_trunc",
    "days_to_anniversary", "random_bucket",
)  # fmt: skip
CALENDAR_UNITS: tuple[CalendarUnit, ...] = get_args(CalendarUnit)
MOST_BUCKETS = 1_000_000

UNIT_MICROSECONDS = {
    "SECOND": 1_000_000,
    "MINUTE": 60_000_000,
    "HOUR": 3_600_000_000,
    "DAY": 86_400_000_000,
    "WEEK": 604_800_000_000,
}
UNIT_MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}
