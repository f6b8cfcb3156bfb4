"""Contacts and events by column, in DuckDB: for whole-population questions and the recompute."""

from .batch import ContactRows, EventRows, Kind, WorkspaceBatch
from .merging import in_few
from .store import Columns, Snapshot
from .tables import Names

__all__ = [
    "Columns",
    "ContactRows",
    "EventRows",
    "Kind",
    "Names",
    "Snapshot",
    "WorkspaceBatch",
    "in_few",
]
