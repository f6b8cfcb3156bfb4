"""Who moved in or out of a segment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .due import Contacts


@dataclass
class Flips:
    """Who entered and who left a segment."""

    entered: Contacts
    left: Contacts


def together(parts: Sequence[Flips]) -> Flips:
    """All of them as one."""
    if len(parts) == 1:
        return parts[0]
    return Flips(
        np.concatenate([part.entered for part in parts]),
        np.concatenate([part.left for part in parts]),
    )
