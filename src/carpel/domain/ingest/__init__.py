"""The way in: what is taken is logged first, then applied to the stores in the log's order."""

from .records import (
    ContactsRecord,
    ErasureRecord,
    EventsRecord,
    ListClearedRecord,
    ListReplacedRecord,
    Record,
)
from .results import ApplyResult
from .service import Ingest, Ticket

__all__ = [
    "ApplyResult",
    "ContactsRecord",
    "ErasureRecord",
    "EventsRecord",
    "Ingest",
    "ListClearedRecord",
    "ListReplacedRecord",
    "Record",
    "Ticket",
]
