"""What a webhook is, and how long it is tried."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal, Protocol

from carpel.kit.clock import DAY, HOUR, MINUTE, SECOND

State = Literal["active", "failing", "disabled"]
Kind = Literal["changes", "test"]

# The waits between attempts, as the Standard Webhooks specification suggests; then the last again.
WAITS = (5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 6 * HOUR)
GIVE_UP_AFTER = 5 * DAY


@dataclass(frozen=True)
class Webhook:
    """Where changes are sent, and how that goes. Times are microseconds since 1970.

    `segments` are numbers, none for all. Changes up to `cursor` have been delivered; a message up to
    `through` is being tried.
    """

    id: str
    workspace: int
    url: str
    secret: bytes
    segments: tuple[int, ...]
    first_fill: bool
    enabled: bool
    created_at: int
    cursor: int
    through: int | None = None
    attempts: int = 0
    next_at: int = 0
    failing_since: int | None = None
    delivered_at: int | None = None
    error: str | None = None
    old_secret: bytes | None = None  # signs beside the new one
    old_until: int | None = None

    @property
    def state(self) -> State:
        """Whether changes are sent, tried again, or wait until somebody enables it."""
        if not self.enabled:
            return "disabled"
        return "failing" if self.failing_since is not None else "active"


@dataclass(frozen=True)
class Attempt:
    """What came of sending: the status of the answer and how it began, or why there was none."""

    status: int | None
    error: str | None = None
    reply: str = ""

    @property
    def good(self) -> bool:
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004

    @property
    def gone(self) -> bool:
        """The receiver wants no more."""
        return self.status == 410  # noqa: PLR2004


@dataclass(frozen=True)
class Delivered:
    """An attempt to deliver a message, as it is kept. `duration` is in microseconds.

    `attempt` counts from 1 for each message; `first` and `last` are the numbers of its changes.
    """

    message: str
    kind: Kind
    at: int
    attempt: int
    first: int | None
    last: int | None
    changes: int
    duration: int
    status: int | None
    error: str | None
    reply: str


class Sender(Protocol):
    """Posts a message; never raises."""

    def refuse(self, url: str) -> str | None:
        """Why nothing can be sent there, ever; None when it can."""
        ...

    def send(self, url: str, headers: dict[str, str], body: bytes) -> Attempt:
        """Post it, once."""
        ...


def wait_before(attempt: int) -> int:
    """How long to wait before the next attempt: longer each time, and never two at one instant."""
    base = WAITS[min(attempt, len(WAITS)) - 1]
    return int(base * random.uniform(0.8, 1.2))  # noqa: S311  (jitter, not a secret)
