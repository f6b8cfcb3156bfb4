"""Events: what contacts did, or what happened to them, each at its own instant."""

from .model import EventWrite
from .service import EventDraft, EventRefused, Events
from .tallies import By, Tallies, Tally

__all__ = ["By", "EventDraft", "EventRefused", "EventWrite", "Events", "Tallies", "Tally"]
