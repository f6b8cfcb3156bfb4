"""A person's events as they are written down, each with an id that it always gets."""

from __future__ import annotations

from typing import Any

from .contacts import identifiers
from .days import Days
from .people import Person
from .recipe import Recipe


class Diary:
    """Events of one person as `POST /api/v1/events` takes them."""

    def __init__(self, recipe: Recipe, person: Person, days: Days) -> None:
        self._days = days
        self._until = recipe.until_s
        self._id = f"demo-{recipe.seed}-{person.index}"
        name, value = next(iter(identifiers(person).items()))
        self._who = {name: value}
        self._written = 0
        self.events: list[dict[str, Any]] = []

    def write(self, second: int, event: str, source: str, **properties: Any) -> None:
        """Write down an event; what has not happened yet only uses up its id."""
        self._written += 1
        if second >= self._until:
            return
        self.events.append(
            {
                **self._who,
                "event": event,
                "time": self._days.text(second),
                "event_id": f"{self._id}-{self._written}",
                "source": source,
                "properties": properties,
            }
        )
