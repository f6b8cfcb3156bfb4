"""The feed: who entered and left which segment, when and why."""

from .model import Change, Changes, Stored, TooOld
from .service import Feed

__all__ = ["Change", "Changes", "Feed", "Stored", "TooOld"]
