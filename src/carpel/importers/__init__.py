"""The loading dock: files to contacts and events, row by row, in bounded memory."""

from .run import ImportFailed, Report, Sink, import_contacts, import_events

__all__ = ["ImportFailed", "Report", "Sink", "import_contacts", "import_events"]
