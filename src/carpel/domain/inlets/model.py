"""What an inlet is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Inlet:
    """One service that sends events. `public_key` is text, as the service shows it."""

    id: str
    workspace: int
    kind: str
    public_key: str
    created_at: int
