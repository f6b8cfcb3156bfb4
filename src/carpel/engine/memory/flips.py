"""Who moved in or out of a segment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .due import Contacts


@dataclass
class Flips:
    """Who entered and who left a segment."""

    entered: Contacts
    left: Contacts


def all_together(parts: Sequence[Mapping[int, Flips]]) -> dict[int, Flips]:
    """Those of several sets of contacts, by segment."""
    found: dict[int, list[Flips]] = {}
    for part in parts:
        for number, one in part.items():
            found.setdefault(number, []).append(one)
    return {number: _together(several) for number, several in found.items()}


def _together(parts: Sequence[Flips]) -> Flips:
    """All of them as one."""
    if len(parts) == 1:
        return parts[0]
    return Flips(
        np.concatenate([part.entered for part in parts]),
        np.concatenate([part.left for part in parts]),
    )
