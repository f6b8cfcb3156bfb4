"""The durable log: what was acknowledged, in order, before any store has applied it."""

from .frames import LogDamaged
from .log import Appended, Log, LogFull

__all__ = ["Appended", "Log", "LogDamaged", "LogFull"]
