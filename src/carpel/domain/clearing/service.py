"""Deleting a field: the rules that name it, and its values in every contact that has one."""

from __future__ import annotations

from carpel.domain.contacts import Contacts, Write
from carpel.domain.fields import Field, Fields
from carpel.domain.ingest import ContactsRecord, Ingest
from carpel.domain.jobs import Jobs, Work
from carpel.domain.segments import Segments
from carpel.domain.workspaces import Workspace, Workspaces
from carpel.kit.clock import Clock
from carpel.kit.ids import new_seed

KIND = "clear-field"
_AT_ONCE = 5_000


class Clearing:
    """Nobody sees the values from the moment the field is deleted; the job forgets them."""

    def __init__(
        self, workspaces: Workspaces, contacts: Contacts, ingest: Ingest, jobs: Jobs, clock: Clock
    ) -> None:
        self._workspaces = workspaces
        self._contacts = contacts
        self._ingest = ingest
        self._jobs = jobs
        self._clock = clock
        jobs.register(KIND, self._clear)

    def start(self, workspace: Workspace, field: Field) -> None:
        """Forget the values of a field that is deleted already."""
        self._jobs.submit(workspace.no, KIND, {"field": field.no})

    def _clear(self, work: Work) -> dict[str, int]:
        workspace = self._workspaces.by_number(work.workspace)
        number: int = work.spec["field"]
        cleared = last = 0
        while numbers := self._contacts.numbers(workspace, after=last, most=_AT_ONCE):
            work.check()
            last = numbers[-1]
            writes = [
                Write(one, {}, {number: None}, [], create=False)
                for one in self._contacts.ids_with(workspace, numbers, number)
            ]
            if writes:
                now = self._clock.now()
                record = ContactsRecord(workspace.no, now, new_seed(), writes)
                self._ingest.submit(record).stored.result()  # one at a time: there is no hurry
                cleared += len(writes)
        return {"cleared": cleared}


def forget_field(
    fields: Fields, segments: Segments, clearing: Clearing, workspace: Workspace, field: Field
) -> None:
    """A field and its values are gone; rules that name it keep nobody until it is back."""
    fields.delete(workspace, field)
    try:  # before the values go, or contacts that change would be why people leave
        segments.recheck(workspace)
    finally:
        clearing.start(workspace, field)
