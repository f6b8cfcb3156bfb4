"""What a file is, and what a link may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from carpel.domain.refusals import Invalid, NoSuch

Purpose = Literal["get", "put"]


class BadLink(NoSuch):
    """No file has this link, or it was not made here."""


class ExpiredLink(NoSuch):
    """The link was good once."""


class TooLargeFile(Invalid):
    """More bytes than the upload may have."""


@dataclass(frozen=True)
class File:
    """A file of a workspace.

    `size` in bytes, None while nothing has been stored; `most` is the largest upload taken, None
    where none is; `job` goes on when the upload is there. Times are microseconds since 1970; after
    `expires_at` the content is gone.
    """

    id: str
    workspace: int
    name: str
    media_type: str
    size: int | None
    most: int | None
    job: str | None
    created_at: int
    expires_at: int
