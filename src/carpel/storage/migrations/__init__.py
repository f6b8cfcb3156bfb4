"""The numbered migrations of a data directory: one sequence over all its stores.

`NNNN_<store>_<what>.sql` changes one store. A directory's format is the number of the newest
migration, so any change of any store makes a format that older Carpels refuse.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True)
class Migration:
    """One step of one store."""

    number: int
    store: str
    sql: str


def _load() -> tuple[Migration, ...]:
    found = []
    for file in files(__name__).iterdir():
        if file.name.endswith(".sql"):
            number, store, _ = file.name.split("_", 2)
            found.append(Migration(int(number), store, file.read_text()))
    return tuple(sorted(found, key=lambda migration: migration.number))


ALL = _load()
NEWEST = ALL[-1].number
FEED_SINCE = next(step.number for step in ALL if step.store == "feed")


def pending(store: str, done: int) -> list[Migration]:
    """The migrations a store still needs, in order."""
    return [step for step in ALL if step.store == store and step.number > done]
