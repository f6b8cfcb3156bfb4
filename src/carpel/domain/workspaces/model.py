"""What a workspace is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Workspace:
    """A world of its own: contacts, events, segments and keys of one team.

    `project_key` names it at Batch's door; `no` is the number that stores and engine use.
    """

    no: int
    id: str
    name: str
    project_key: str
    created_at: int
