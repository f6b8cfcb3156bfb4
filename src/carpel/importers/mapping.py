"""Which column becomes what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from carpel.kit.words import nearest

from .rows import BadFile

IDENTIFIERS = ("id", "external_id", "email", "phone_number_id", "anonymous_id")
LEAVE_OUT = "-"

# Columns of our own exports that say what Carpel works out itself.
_DERIVED = {"contact_id": "id", "list_ids": LEAVE_OUT, "segment_ids": LEAVE_OUT,
            "email_domains": LEAVE_OUT, "updated_at": LEAVE_OUT, "entered_at": LEAVE_OUT}  # fmt: skip


@dataclass(frozen=True)
class Uses:
    """Places of columns: for identifiers, for the known names, and for everything else."""

    identifiers: dict[str, int]
    special: dict[str, int]
    others: dict[str, int]


def read_maps(texts: Iterable[str]) -> dict[str, str]:
    """`COLUMN=FIELD` options; a FIELD of `-` leaves the column out.

    Raises:
        ValueError: a text is not of that form.
    """
    maps = {}
    for text in texts:
        column, equals, field = text.rpartition("=")
        if not equals or not column or not field:
            raise ValueError(f"--map takes COLUMN=FIELD, not {text!r}")
        maps[column] = field
    return maps


def map_columns(columns: list[str], maps: Mapping[str, str], special: Iterable[str]) -> Uses:
    """Find each column's use; `special` are names that are neither identifiers nor free.

    Raises:
        BadFile: a mapped column does not exist, two become the same, or no one identifies.
    """
    for column in maps:
        if column not in columns:
            near = nearest(column, columns)
            hint = f"; did you mean {near}?" if near else ""
            raise BadFile(f"--map names a column {column!r} that the file does not have{hint}")
    special_names = set(special)
    found = Uses({}, {}, {})
    for place, column in enumerate(columns):
        name = maps.get(column) or _DERIVED.get(column.lower(), column)
        folded = name.lower()
        if name == LEAVE_OUT:
            continue
        if folded in IDENTIFIERS:
            target, name = found.identifiers, folded
        elif folded in special_names:
            target, name = found.special, folded
        else:
            target = found.others
        if name in target:
            raise BadFile(f"two columns become {name}")
        target[name] = place
    if not found.identifiers:
        raise BadFile(
            f"no column identifies the contacts: one of {', '.join(IDENTIFIERS)} is needed "
            "(--map COLUMN=external_id)"
        )
    return found
