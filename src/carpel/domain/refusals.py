"""What the domain refuses. Doors turn a refusal into their vendor's words.

Refusal
├── Invalid      the request makes no sense, whatever the data
├── NoSuch       what it names does not exist
├── Conflict     it contradicts what exists
└── Overloaded   it could be taken, but not now
"""

from __future__ import annotations


class Refusal(Exception):
    """Something asked of the domain that it does not do.

    `code` is stable and for programs; the message is a sentence for people; `field` names the part
    of the request that is wrong, where there is one.
    """

    def __init__(self, code: str, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field


class Invalid(Refusal):
    """The request makes no sense, whatever the data."""


class NoSuch(Refusal):
    """What it names does not exist."""


class Conflict(Refusal):
    """It contradicts what exists."""


class Overloaded(Refusal):
    """It could be taken, but not now: the disk is full, or too much is waiting."""
