"""`POST /users/track` (contracts/braze.md §4.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from carpel.domain.contacts import Draft, Write, WriteRefused
from carpel.domain.events import EventRefused, EventWrite
from carpel.domain.ingest import ContactsRecord, EventsRecord, Record
from carpel.domain.refusals import Invalid
from carpel.kit.ids import new_seed

from . import errors
from .attributes import Attributes
from .context import Call
from .happenings import event_draft, purchase_draft
from .people import ItemError, refusal_type

# Documented for customers of older rate limits; newer ones have 75 over all three arrays. Scripts
# written for either work when the larger is allowed.
MOST_OF_AN_ARRAY = 75
ARRAYS = ("attributes", "events", "purchases")
NOTHING_VALID = "Valid data must be provided in the 'attributes', 'events', or 'purchases' fields."


@dataclass
class _Taken:
    """What a request brings, array by array."""

    writes: list[Write] = field(default_factory=list)
    events: list[EventWrite] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    wrong: list[dict[str, Any]] = field(default_factory=list)

    def refuse(self, array: str, index: int, kind: str) -> None:
        self.wrong.append({"type": kind, "input_array": array, "index": index})


async def track(call: Call) -> dict[str, Any]:
    """Take attributes, events and purchases in, in this order; 201 once they are durable.

    What is wrong is named and left out; the rest is taken. When nothing is right: 400.
    """
    arrays = _arrays(await call.body())
    taken = await call.off_loop(_check, call, arrays)
    if not taken.writes and not taken.events:
        raise errors.BrazeError(400, NOTHING_VALID, taken.wrong)
    now = call.rooms.clock.now()
    workspace = call.workspace.no
    records: list[Record] = []
    if taken.writes:
        records.append(ContactsRecord(workspace, now, new_seed(), taken.writes))
    if taken.events:
        records.append(EventsRecord(workspace, now, new_seed(), 0, taken.events))
    await call.take_in(records)
    answer: dict[str, Any] = {
        f"{array}_processed": taken.counts[array] for array in ARRAYS if taken.counts.get(array)
    }
    return {**answer, "errors": taken.wrong} if taken.wrong else answer


def _arrays(body: Mapping[str, Any]) -> dict[str, list[Any]]:
    arrays: dict[str, list[Any]] = {}
    for name in ARRAYS:
        given = body.get(name)
        if given is None:
            continue
        if not isinstance(given, list):
            raise errors.BrazeError(400, f"'{name}' must be an array of objects")
        if len(given) > MOST_OF_AN_ARRAY:
            raise errors.too_many_objects()
        arrays[name] = given
    return arrays


def _check(call: Call, arrays: dict[str, list[Any]]) -> _Taken:
    taken = _Taken()
    try:
        _check_attributes(call, arrays.get("attributes", []), taken)
    except Invalid as refused:  # no more fields can be made, whatever the object
        raise errors.BrazeError(400, refused.message) from None
    checker = call.rooms.events.checker(call.workspace)
    for array, draft_of in (("events", event_draft), ("purchases", purchase_draft)):
        for index, item in enumerate(arrays.get(array, [])):
            try:
                taken.events.append(checker.check(draft_of(item, call.rooms.clock)))
                taken.counts[array] = taken.counts.get(array, 0) + 1
            except ItemError as error:
                taken.refuse(array, index, str(error))
            except EventRefused as refused:
                taken.refuse(array, index, _event_refusal(refused))
    taken.wrong.sort(key=lambda one: (ARRAYS.index(one["input_array"]), one["index"]))
    return taken


def _check_attributes(call: Call, items: list[Any], taken: _Taken) -> None:
    contacts, workspace = call.rooms.contacts, call.workspace
    attributes = Attributes(call.rooms.fields, workspace.no)
    drafts = list(_drafts(items, attributes.draft, taken))
    with call.rooms.fields.making(workspace, attributes.types) as making:
        checker = contacts.checker(workspace, making.fields)
        used: set[str] = set()
        for index, draft in drafts:
            try:
                taken.writes.append(checker.check(draft))
                used |= {name.lower() for name in _fields_of(draft)}
            except WriteRefused as refused:
                taken.refuse("attributes", index, refusal_type(refused))
        making.fields = {name: one for name, one in making.fields.items() if name in used}
    contacts.make_parts(workspace, checker)
    if taken.writes:
        taken.counts["attributes"] = len(taken.writes)


def _drafts(
    items: list[Any], draft_of: Callable[[Any], Draft], taken: _Taken
) -> list[tuple[int, Draft]]:
    drafts = []
    for index, item in enumerate(items):
        try:
            drafts.append((index, draft_of(item)))
        except ItemError as error:
            taken.refuse("attributes", index, str(error))
    return drafts


def _fields_of(draft: Draft) -> set[str]:
    return {*draft.fields, *(change.field for change in draft.changes)}


def _event_refusal(refused: EventRefused) -> str:
    if refused.code in ("no_identifier", "bad_email", "no_such_contact"):
        return refusal_type(WriteRefused(refused.code, refused.message, refused.pointer))
    return f"'{refused.pointer.strip('/')}' is not valid: {refused.message}"
