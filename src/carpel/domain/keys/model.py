"""What a key is, and what it can permit."""

from __future__ import annotations

from dataclasses import dataclass

EVERYTHING = "*"

# By the vendors' own names where they have them (contracts/braze.md §2.2, sendgrid.md §6.1).
PERMISSIONS = (
    "segments.list",
    "segments.details",
    "segments.data_series",
    "users.track",
    "users.delete",
    "users.export.ids",
    "users.export.segment",
    "events.list",
    "events.get",
    "custom_attributes.get",
    "batch",
    "marketing.read",
    "marketing.write",
    "api.read",
    "api.write",
    "admin",
    EVERYTHING,
)


@dataclass(frozen=True)
class Key:
    """A key of one workspace. Its secret is not here; only a hash of it is kept anywhere."""

    id: str
    workspace: int
    name: str
    permissions: frozenset[str]
    allow_ips: tuple[str, ...]
    created_at: int
    revoked_at: int | None = None

    def permits(self, permission: str) -> bool:
        """Whether the key has a permission; `admin` has all of the own API's."""
        if EVERYTHING in self.permissions or permission in self.permissions:
            return True
        return "admin" in self.permissions and permission in ("api.read", "api.write")
