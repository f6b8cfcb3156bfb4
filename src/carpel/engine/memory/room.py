"""The memory that a world may take."""

from __future__ import annotations


class TooMuch(Exception):
    """A world needs more memory than it may have."""

    def __init__(self, allowed: int) -> None:
        """Args: allowed: bytes that it may take."""
        super().__init__(
            f"its live segments would take more than {allowed >> 20:,} MiB "
            "(engine_memory_mb); they are recounted instead: exact, but slower"
        )
