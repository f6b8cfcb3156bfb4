"""The way in: what is taken is logged first, then applied to the stores in the log's order."""

from .records import ContactsRecord, EventsRecord, Record
from .results import ApplyResult
from .service import Ingest, Ticket

__all__ = ["ApplyResult", "ContactsRecord", "EventsRecord", "Ingest", "Record", "Ticket"]
