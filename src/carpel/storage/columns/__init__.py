"""Contacts and events by column, in DuckDB: for whole-population questions and the recompute."""

from .batch import ContactRows, Differs, EventRows, Kind, WorkspaceBatch
from .merging import Unmerged, in_few
from .store import Columns, Snapshot
from .tables import Names

__all__ = [
    "Columns",
    "ContactRows",
    "Differs",
    "EventRows",
    "Kind",
    "Names",
    "Snapshot",
    "Unmerged",
    "WorkspaceBatch",
    "in_few",
]
