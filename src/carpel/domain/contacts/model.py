"""What a contact is, as stored and as shown, and what a change of one says."""

from __future__ import annotations

from dataclasses import dataclass, field as dataclass_field
from enum import IntEnum
from typing import Any, Literal, TypeAlias

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
# Aliases are looked up like identifiers, by label and name together.
ALIAS_KIND = 5


def alias_value(label: str, name: str) -> str:
    """The one text by which an alias is looked up."""
    return f"{label}\x1f{name}"


KIND_NAMES: dict[int, str] = {kind.value: name for name, kind in IDENTIFIERS.items()}


class Row(msgspec.Struct, array_like=True, gc=False):
    """A contact as the people store keeps it. Times are microseconds since 1970."""

    id: bytes
    created_at: int
    updated_at: int
    identifiers: dict[int, str]
    fields: dict[int, Stored]
    lists: list[int]
    aliases: dict[str, str] = {}  # label → name: an identifier of which a contact has several


How: TypeAlias = Literal["add", "join", "leave", "append", "merge", "extend", "amend", "drop"]


class FieldChange(msgspec.Struct, array_like=True):
    """A change of a field that depends on what is there.

    `add` (a number's text) adds to a number, nothing counting as zero; `join` and `leave` add texts
    to a list and take them out; `append` is `join` that puts those already there at the end, and
    lets the first ones go when there are too many. The others change objects, and their value is
    JSON text (see objects.py).
    """

    field: int
    how: How
    value: Stored


class Write(msgspec.Struct, array_like=True, gc=False):
    """A change of one contact, checked and with every name looked up.

    A None value empties an identifier or a field. Lists are added to, `leave_lists` taken away from.
    `changes` come after `fields`. `create` off: a contact that is not there yet is left out. `created_at` is given when the contact is older than Carpel's
    knowledge of it.
    """

    id: bytes | None
    identifiers: dict[int, str | None]
    fields: dict[int, Stored | None]
    lists: list[int]
    create: bool = True
    created_at: int | None = None
    changes: list[FieldChange] = []
    leave_lists: list[int] = []
    aliases: dict[str, str] = {}


@dataclass(frozen=True)
class Contact:
    """A contact as shown: fields by name, in JSON's types."""

    id: str
    identifiers: dict[str, str]
    fields: dict[str, Any]
    lists: list[str]
    created_at: int
    updated_at: int
    aliases: dict[str, str] = dataclass_field(default_factory=dict)
