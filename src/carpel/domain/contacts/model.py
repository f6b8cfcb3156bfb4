"""What a contact is, as stored and as shown, and what a change of one says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import msgspec

from carpel.domain.fields import Stored


class IdentifierKind(IntEnum):
    """What can identify a contact besides its id, the strongest first.

    Strength decides when identifiers disagree (docs/decisions/0004-identities.md).
    """

    EXTERNAL_ID = 1
    EMAIL = 2
    PHONE_NUMBER_ID = 3
    ANONYMOUS_ID = 4


IDENTIFIERS: dict[str, IdentifierKind] = {kind.name.lower(): kind for kind in IdentifierKind}
KIND_NAMES: dict[int, str] = {kind.value: name for name, kind in IDENTIFIERS.items()}


class Row(msgspec.Struct, array_like=True):
    """A contact as the people store keeps it. Times are microseconds since 1970."""

    id: bytes
    created_at: int
    updated_at: int
    identifiers: dict[int, str]
    fields: dict[int, Stored]
    lists: list[int]


class Write(msgspec.Struct, array_like=True):
    """A change of one contact, checked and with every name looked up.

    A None value empties an identifier or a field. Lists are added to. `create` off: a contact that
    is not there yet is left out. `created_at` is given when the contact is older than Carpel's
    knowledge of it.
    """

    id: bytes | None
    identifiers: dict[int, str | None]
    fields: dict[int, Stored | None]
    lists: list[int]
    create: bool = True
    created_at: int | None = None


@dataclass(frozen=True)
class Contact:
    """A contact as shown: fields by name, in JSON's types."""

    id: str
    identifiers: dict[str, str]
    fields: dict[str, Any]
    lists: list[str]
    created_at: int
    updated_at: int
