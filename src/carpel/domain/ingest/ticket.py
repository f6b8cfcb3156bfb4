"""What whoever sent a record can wait for."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field

from .records import Record
from .results import ApplyResult


@dataclass
class Ticket:
    """What a submitter can wait for: the number once durable, the result once it can be looked up
    by key, and once more when columns and engine have it too.
    """

    record: Record
    durable: Future[int] = field(default_factory=Future)
    stored: Future[ApplyResult] = field(default_factory=Future)
    applied: Future[ApplyResult] = field(default_factory=Future)
