"""What was applied made columns, here or in a process beside.

For much that is done in a process beside the server (kit/processes.py): nothing in it has to wait for a turn
at the interpreter, and nobody waits for it. Bodies that were sent are read between two pieces.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from carpel.domain.contacts import packed as contacts
from carpel.domain.events import packed as events
from carpel.domain.fields import Fields
from carpel.kit.turns import INTERPRETER, Urgency
from carpel.storage.columns import ContactRows, EventRows, Unmerged, WorkspaceBatch

# So much is made columns beside, if there is a process to ask.
_MANY_ROWS = 200
_MANY_BYTES = 20_000  # of packed events


class Columnar:
    """Makes columns of what the people store has."""

    def __init__(
        self, fields: Fields, ask_beside: Callable[[bytes], bytes | None] = lambda _: None
    ) -> None:
        """Args: fields: what contacts have; ask_beside: see `Helpers.ask_behind`."""
        self.fields = fields
        self._ask_beside = ask_beside

    def rows(self, workspace: int, packed: Mapping[int, bytes]) -> ContactRows:
        """Contacts' rows by column."""
        return contacts.unpacked(self.fields, workspace, packed)

    def batch(self, part: Unmerged) -> WorkspaceBatch:
        """A whole batch in plain columns, contacts by number."""
        rows = self.rows(part.batch.workspace, dict(sorted(part.rows.items())))
        return replace(part.batch, contacts=rows, events=events.unpacked(part.events))

    def table(self, workspace: int, packed: Mapping[int, bytes]) -> ContactRows:
        """The same ready for the columns; if they are many, made beside."""
        if len(packed) >= _MANY_ROWS:
            answers = self._asked(contacts.requests(workspace, packed))
            if answers is not None:
                return contacts.found_in(answers)
        with INTERPRETER.taken(Urgency.HANDING_OVER):
            return self.rows(workspace, packed)

    def events(self, bodies: Sequence[bytes], is_fit: Callable[[EventRows], bool]) -> EventRows:
        """Events ready for the columns; if they are many, made beside, where that is fit."""
        if sum(map(len, bodies)) >= _MANY_BYTES:
            answers = self._asked(events.requests(bodies))
            if answers is not None and is_fit(made := events.found_in(answers)):
                return made
        with INTERPRETER.taken(Urgency.HANDING_OVER):
            return events.unpacked(bodies)

    def _asked(self, requests: Iterable[bytes]) -> list[bytes] | None:
        """The answers; None when there is nobody to ask."""
        answers = []
        for request in requests:
            answered = self._ask_beside(request)
            if answered is None:
                return None
            answers.append(answered)
        return answers
