"""The way in: what is taken is logged first, then applied to the stores in the log's order."""

from .records import (
    ContactsRecord,
    ErasureRecord,
    EventsRecord,
    ListClearedRecord,
    ListReplacedRecord,
    Once,
    Record,
)
from .results import ApplyResult
from .service import Ingest
from .ticket import Ticket

__all__ = [
    "ApplyResult",
    "ContactsRecord",
    "ErasureRecord",
    "EventsRecord",
    "Ingest",
    "ListClearedRecord",
    "ListReplacedRecord",
    "Once",
    "Record",
    "Ticket",
]
