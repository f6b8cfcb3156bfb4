"""How far numbers have come, for whoever applies the log."""

from __future__ import annotations

from carpel.storage.people import People


class Counters:
    """Counters of the people store, each read once: nobody else moves them on.

    They are ahead of the store when a batch fails; nothing is applied after that.
    """

    def __init__(self, people: People) -> None:
        self._people = people
        self._values: dict[str, int] = {}
        self._moved: set[str] = set()

    def add(self, name: str, by: int = 1) -> int:
        """Move one on; returns where it is then."""
        value = self._values.get(name)
        if value is None:
            value = self._people.counter(name)
        self._values[name] = value + by
        self._moved.add(name)
        return value + by

    def moved(self) -> dict[str, int]:
        """Those that moved since this was asked last, to be written."""
        found = {name: self._values[name] for name in self._moved}
        self._moved.clear()
        return found
