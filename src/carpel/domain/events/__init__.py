"""Events: what contacts did, or what happened to them, each at its own instant."""

from .model import EventWrite
from .service import EventDraft, EventRefused, Events

__all__ = ["EventDraft", "EventRefused", "EventWrite", "Events"]
