"""What applying a record did, for whoever waits to hear it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class ApplyResult:
    """How many were created, updated, left as they were; and which had no one to go to.

    `unknown` holds places in the record: a contact id that is gone, or an event for a contact that
    is not there when contacts were not to be made.
    """

    seq: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    unknown: list[int] = field(default_factory=list)
