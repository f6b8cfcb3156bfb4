"""Listings and errors."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from msgspec import UNSET, Struct, UnsetType

from .segments import User
from .words import Objects

Item = TypeVar("Item")


class Page(Struct, Generic[Item]):
    """Some of a listing; `next_cursor` is null on the last page."""

    data: list[Item]
    next_cursor: str | None = None


class Problem(Struct, kw_only=True):
    """What went wrong (RFC 9457). `code` is stable, the rest is for people."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    pointer: str | UnsetType = UNSET
    parameter: str | UnsetType = UNSET
    field: str | UnsetType | None = UNSET
    position: dict[str, Any] | UnsetType = UNSET
    hint: str | UnsetType = UNSET
    problems: Objects | UnsetType = UNSET
    used_by: list[User] | UnsetType = UNSET
