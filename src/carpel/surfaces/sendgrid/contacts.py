"""Contacts written, deleted and read (contracts/sendgrid.md §3.2, §3.3)."""

from __future__ import annotations

from typing import Any

from carpel.domain.contacts import IDENTIFIERS, Write
from carpel.domain.ingest import ContactsRecord
from carpel.domain.segments.search import newest, tally_all
from carpel.kit.ids import id_bytes, new_seed
from carpel.kit.instants import to_datetime
from carpel.kit.turns import INTERPRETER, checking
from carpel.surfaces.wire.callers import flag, many

from . import errors, given, lists, shapes
from .context import Call, Reply
from .field_ids import custom_fields
from .jobs import DELETED, UPSERTED, erase, start_tracked
from .upserts import BadContact, Reader

MOST_CONTACTS = 30_000
MOST_ERRORS = 100
MOST_SHOWN = 50
MOST_IN_BATCH = 100
MOST_DELETED = 10_000
# The type of an identifier as a body names it, and the domain's name for it (§3.3).
_TYPES = {
    "EMAIL": "email",
    "PHONENUMBERID": "phone_number_id",
    "EXTERNALID": "external_id",
    "ANONYMOUSID": "anonymous_id",
}


async def upsert(call: Call) -> Reply:
    """`PUT /contacts` `{list_ids?, contacts}`: 202 with a job; one wrong contact refuses all."""
    body = await call.body()
    contacts = body.get("contacts")
    if not isinstance(contacts, list) or not contacts:
        raise errors.bad_parameter("contacts", "contacts must be an array of 1 to 30,000 contacts")
    if len(contacts) > MOST_CONTACTS:
        raise errors.bad_parameter("contacts", f"at most {MOST_CONTACTS:,} contacts in a request")
    joined = lists.by_ids(call, given.texts(body, "list_ids", most=lists.MOST_LISTS))
    writes = await call.off_loop(_read_all, call, contacts, [one.no for one in joined])
    record = ContactsRecord(call.workspace.no, call.rooms.clock.now(), new_seed(), writes)
    return Reply(await start_tracked(call, UPSERTED, [record], len(writes)), 202)


def _read_all(call: Call, contacts: list[Any], joined: list[int]) -> list[Write]:
    custom = custom_fields(call.rooms.fields, call.workspace.no)
    reader = Reader(call.rooms.contacts.checker(call.workspace), custom, joined)
    writes: list[Write] = []
    wrong: list[tuple[str, str]] = []
    with checking(len(contacts)):
        for place, contact in enumerate(contacts):
            INTERPRETER.give_way()
            try:
                writes.append(reader.read(contact))
            except BadContact as bad:
                where = f"contacts[{place}]"
                wrong.append((f"{where}.{bad.field}" if bad.field else where, bad.message))
                if len(wrong) >= MOST_ERRORS:
                    break
    if wrong:
        raise errors.bad_parameters(wrong)
    return writes


async def delete(call: Call) -> Reply:
    """`DELETE /contacts?ids=a,b` or `?delete_all_contacts=true`: 202 with a job."""
    contacts = call.rooms.contacts
    if flag(call.request, "delete_all_contacts"):
        numbers = await call.off_loop(contacts.numbers, call.workspace, after=0, most=-1)
        return Reply(await erase(call, numbers), 202)
    ids = many(call.request, "ids")
    if not ids:
        raise errors.bad_parameter("ids", "ids or delete_all_contacts=true is required")
    if len(ids) > MOST_DELETED:
        raise errors.bad_parameter("ids", f"at most {MOST_DELETED:,} ids in a request")
    _refuse_malformed(ids)
    numbers = await call.off_loop(_numbers, call, ids)
    return Reply(await erase(call, numbers), 202)


async def delete_identifier(call: Call) -> Reply:
    """`DELETE /contacts/{id}/identifiers`: 202; the job fails when it is the only one."""
    body = await call.body()
    asked = given.text(body, "identifier_type").upper()
    if asked not in _TYPES:
        raise errors.bad_parameter("identifier_type", f"identifier_type is one of {_words(_TYPES)}")
    value = given.text(body, "identifier_value", most=254)
    _, number = await _find(call)
    ((_, contact),) = await call.off_loop(
        call.rooms.contacts.read_numbered, call.workspace, [number]
    )
    kind = _TYPES[asked]
    value = value.strip().lower() if kind == "email" else value
    if contact.identifiers.get(kind) != value:
        job = call.followed.fail(call.workspace.no, DELETED, "the contact has no such identifier")
    elif len(contact.identifiers) == 1:
        job = call.followed.fail(call.workspace.no, DELETED, "it is the contact's only identifier")
    else:
        write = Write(id_bytes(contact.id), {IDENTIFIERS[kind].value: None}, {}, [], create=False)
        record = ContactsRecord(call.workspace.no, call.rooms.clock.now(), new_seed(), [write])
        return Reply(await start_tracked(call, DELETED, [record], 1), 202)
    return Reply({"job_id": job}, 202)


async def recent(call: Call) -> Reply:
    """`GET /contacts`: the 50 that changed last, by e-mail address."""
    numbers = await call.off_loop(newest, call.rooms.engine, call.workspace, MOST_SHOWN)
    found = await call.off_loop(shapes.read_contacts, call, numbers, "recent")
    total = await call.off_loop(call.rooms.contacts.count, call.workspace)
    return Reply(
        {
            "result": sorted(found, key=lambda one: str(one["email"])),
            "contact_count": total,
            "_metadata": {"self": f"{call.base}/contacts"},
        }
    )


async def read(call: Call) -> Reply:
    """`GET /contacts/{id}`."""
    _, number = await _find(call)
    found = await call.off_loop(shapes.read_contacts, call, [number], "full")
    if not found:
        raise errors.missing("contact", "id")
    return Reply(found[0])


async def batch(call: Call) -> Reply:
    """`POST /contacts/batch` `{ids}`: those of up to 100 that are there."""
    ids = given.texts(await call.body(), "ids", most=MOST_IN_BATCH, needed=True)
    _refuse_malformed(ids)
    numbers = await call.off_loop(_numbers, call, ids)
    return Reply({"result": await call.off_loop(shapes.read_contacts, call, numbers, "full")})


async def count(call: Call) -> Reply:
    """`GET /contacts/count`: billable are those deleted this month too; `identifier_counts` live."""
    total = await call.off_loop(call.rooms.contacts.count, call.workspace)
    deleted = await call.off_loop(_deleted_this_month, call)
    tally = await call.off_loop(tally_all, call.rooms.engine, call.workspace)
    return Reply(
        {
            "contact_count": total,
            "billable_count": total + deleted,
            "identifier_counts": shapes.identifier_counts(tally),
        }
    )


def _deleted_this_month(call: Call) -> int:
    now = to_datetime(call.rooms.clock.now())
    jobs = call.rooms.jobs.list_of(call.workspace.no, (DELETED,))
    months = ((to_datetime(job.created_at), job.result or {}) for job in jobs)
    return sum(
        result.get("deleted_count", 0)
        for made, result in months
        if (made.year, made.month) == (now.year, now.month)
    )


async def _find(call: Call) -> tuple[str, int]:
    """The contact that the path names, and its number.

    Raises:
        SendGridError: 404.
    """
    wanted = call.values["id"]
    number = await call.off_loop(call.rooms.contacts.number_of_id, call.workspace, wanted)
    if number is None:
        raise errors.missing("contact", "id")
    return wanted, number


def _numbers(call: Call, ids: list[str]) -> list[int]:
    found = (call.rooms.contacts.number_of_id(call.workspace, one) for one in ids)
    return list(dict.fromkeys(number for number in found if number is not None))


def _refuse_malformed(ids: list[str]) -> None:
    for one in ids:
        if not given.is_id(one):
            raise errors.bad_parameter("ids", f"invalid uuid: {one[:80]}")


def _words(names: Any) -> str:
    return ", ".join(names)
