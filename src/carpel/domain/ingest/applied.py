"""What is passed on from store to store: a batch once the people store has it, and once told."""

from __future__ import annotations

from dataclasses import dataclass, field

from carpel.storage.columns import Unmerged, WorkspaceBatch

from .changes import Changes
from .results import ApplyResult


@dataclass
class Told:
    """What the engine has been told of, for the columns to take over."""

    seq: int
    parts: list[Unmerged]


@dataclass
class Applied:
    """A batch that the people store has, for the engine and the columns to take over."""

    seq: int
    results: list[ApplyResult]
    changes: Changes
    batches: list[WorkspaceBatch] = field(default_factory=list)  # for the engine
    parts: list[Unmerged] = field(default_factory=list)  # the same for the columns

    @property
    def told(self) -> Told:
        """What the columns are to take over."""
        return Told(self.seq, self.parts)
