"""The typed client, waiting and not; and that its types are those the server describes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from carpel.client import ApiError, AsyncClient, Client, models, requests as r
from carpel.surfaces.wire.lines import MOST_LINES
from conftest import Account
from support.inside import house


def test_a_walk_with_the_client(account: Account) -> None:
    with Client(account.server.url, account.key) as client:
        made = client.create_segment(name="Typed", sql="age >= 50", tags=["t"])
        assert made.count.exact
        assert [one.name for one in client.segments(tag="t")] == ["Typed"]
        members = list(client.members("Typed", limit=3))
        assert len(members) == made.count.value == 10
        assert all(one.entered_at for one in members)
        assert client.explain("Typed", "u55").why.decides
        assert client.preview("age > 57").count.value == 2
        feed = client.follow(segments=["Typed"], wait=10)
        filled = next(feed)
        assert {one.contact for one in filled.data} == {one.id for one in members}
        client.send_contacts([{"external_id": "u55", "fields": {"age": Decimal("1.5")}}], "applied")
        (change,) = next(feed).data
        assert (change.change, change.cause) == ("left", "contact")
        assert client.contact("u55").fields["age"] == Decimal("1.5")
        assert sum(one.net for one in client.series("Typed", interval="hour").data) == 9
        client.send_contacts([{"external_id": "u55", "fields": {"age": 55}}], "applied")
        client.delete_segment("Typed")
        with pytest.raises(ApiError) as refused:
            client.segment("Typed")
        assert refused.value.code == "no_such_segment"


def test_the_same_without_waiting(account: Account) -> None:
    async def walk() -> None:
        async with AsyncClient(account.server.url, account.key) as client:
            await client.create_segment(name="Awaited", sql="age < 5")
            assert len([one async for one in client.members("Awaited", limit=2)]) == 5
            feed = client.follow(segments=["Awaited"])
            assert len((await anext(feed)).data) == 5
            coming = asyncio.ensure_future(anext(feed))
            await client.send_contacts([{"external_id": "u1", "fields": {"age": 9}}])
            (change,) = (await asyncio.wait_for(coming, 30)).data
            assert change.change == "left"
            await client.send_contacts([{"external_id": "u1", "fields": {"age": 1}}])
            await client.delete_segment("Awaited")

    asyncio.run(walk())


MANY = 5_500


def people(name: str) -> Iterator[dict[str, Any]]:
    return ({"external_id": f"{name}{n}", "fields": {f"in {name}": n}} for n in range(MANY))


def test_any_number_of_contacts_and_changes(account: Account) -> None:
    with Client(account.server.url, account.key) as client:
        assert client.stream_contacts(people("many"), "applied").created == MANY
        client.create_segment(name="Many", sql='"in many" >= 0')
        list(client.members("Many"))  # the feed holds them by then
        changes = list(client.changes(segments=["Many"]))
        assert len(changes) == MANY
        assert list(client.changes(changes[-2].cursor, ["Many"])) == changes[-1:]
        again = client.stream_contacts(people("many"), "stored", "skip")
        assert (again.accepted, again.unchanged, again.rejected_count) == (MANY, MANY, 0)
        event = [{"external_id": "many1", "event": "once"}]
        first = client.send_events(event, "stored", key="client-1")
        assert client.send_events(event, "stored", key="client-1") == first
        with pytest.raises(ApiError) as refused:
            client.stream_events([*event, {"event": "nobody's"}])
        assert (refused.value.code, refused.value.problem["line"]) == ("no_identifier", 2)
        client.delete_segment("Many")


def test_everything_else_of_the_api(account: Account) -> None:
    with Client(account.server.url, account.key) as client:
        made = client.create_segment(name="Whole", sql="age > 57")
        client.edit_segment("Whole", sql="age > 56")
        assert [one.version for one in client.items(r.versions("Whole"))] == [1, 2]
        assert client.send(r.revert_segment("Whole", version=1)).version == 3
        assert client.send(r.archive_segment("Whole")).archived
        assert not client.send(r.restore_segment("Whole")).archived
        assert client.send(r.overlap("Whole", ["Everyone"])).data[0].both == 2
        assert not client.send(r.validate("age >")).valid
        assert client.preview(made.document).count.value == 2
        assert [one.name for one in client.segments_of("u59")].count("Whole") == 1
        client.delete_segment("Whole")


def test_lists_fields_jobs_and_keys(account: Account) -> None:
    with Client(account.server.url, account.key) as client:
        letters = client.create_list("Letters")
        client.edit_contact("u59", lists=["Letters"])
        account.settle()
        assert [one.external_id for one in client.list_contacts("Letters")] == ["u59"]
        assert client.send(r.rename_list(letters.id, "Mail")).name == "Mail"
        assert "Mail" in [one.name for one in client.lists()]
        client.send(r.delete_list("Mail"))
        field = client.send(r.create_field("colour", "text"))
        assert client.send(r.rename_field(field.name, "hue")).name == "hue"
        client.send(r.delete_field("hue"))
        assert "hue" not in [one.name for one in client.items(r.fields())]
        job = client.wait_for(client.export("Grown Romans", "ndjson"))
        assert (job.state, job.result["rows"]) == (
            "done",
            client.segment("Grown Romans").count.value,
        )
        assert b"".join(client.read_export(job)).count(b"\n") == job.result["rows"]
        assert job.id in [one.id for one in client.jobs("export")]
        assert job.id in [one.id for one in client.items(r.exports())]
        assert client.send(r.cancel_job(job.id)).state == "done"
        key = client.send(r.create_key("typed", ["api.read"]))
        assert key.key is not None
        assert client.send(r.revoke_key(key.id)).revoked_at
        assert account.workspace in [one.name for one in client.items(r.workspaces())]


def test_webhooks_by_the_client(account: Account) -> None:
    with Client(account.server.url, account.key) as client:
        made = client.create_webhook("https://hooks.invalid/x", segments=["Everyone"])
        assert made.secret is not None
        assert [one.kind for one in client.items(r.used_by("Everyone"))] == ["webhook"]
        assert client.send(r.rotate_secret(made.id, 1)).secret != made.secret
        assert not client.send(r.test_webhook(made.id)).delivered
        assert [one.kind for one in client.items(r.deliveries(made.id))] == ["test"]
        assert not client.send(r.edit_webhook(made.id, {"enabled": False})).enabled
        assert client.send(r.replay_webhook(made.id)).enabled
        assert client.send(r.webhook(made.id)).old_secret_until
        assert [one.id for one in client.webhooks()] == [made.id]
        client.send(r.delete_webhook(made.id))


def test_within_the_process_a_body_is_sent_as_it_is_made(tmp_path: Path) -> None:
    with house(tmp_path / "data") as it:
        it.client.send(r.create_field("taken", "number"))

        def coming() -> Iterator[dict[str, Any]]:
            for number in range(3 * MOST_LINES):
                if number == 2 * MOST_LINES + 500:
                    it.service.ingest.wait(it.service.ingest.last_seq, 30)
                    made = it.service.contacts.count(it.service.workspaces.read("default"))
                    assert made == 2 * MOST_LINES, "the pieces before are in already"
                yield {"external_id": f"i{number}"}

        taken = it.client.stream_contacts(coming(), "applied", "skip")
        assert taken.created == 3 * MOST_LINES


def test_everything_without_waiting(account: Account) -> None:
    async def walk() -> None:
        async def coming() -> AsyncIterator[dict[str, Any]]:
            for one in people("coming"):
                yield one

        async with AsyncClient(account.server.url, account.key) as client:
            taken = await client.stream_contacts(coming(), "applied")
            assert taken.created == MANY
            assert (await client.stream_contacts(people("coming"), "stored")).unchanged == MANY
            await client.create_segment(name="Coming", sql='"in coming" < 10')
            assert len([one async for one in client.members("Coming", limit=3)]) == 10
            changes = [one async for one in client.changes(segments=["Coming"])]
            assert len(changes) == 10
            job = await client.wait_for(await client.export("Coming"))
            text = b"".join([piece async for piece in client.read_export(job)])
            assert text.count(b"\n") == 11
            await client.create_list("Waited")
            assert "Waited" in [one.name async for one in client.lists()]
            assert job.id in [one.id async for one in client.jobs("export")]
            assert "Coming" in [one.name async for one in client.segments_of("coming1")]
            await client.delete_segment("Coming")

    asyncio.run(walk())


def test_the_clients_types_are_the_servers(account: Account) -> None:
    """Every field that the client reads is described, and the same may be missing."""
    described = httpx.get(f"{account.server.url}/openapi.json").json()["components"]["schemas"]
    pairs: dict[str, type[msgspec.Struct]] = {
        "Count": models.Count, "Segment": models.Segment, "Change": models.Change,
        "Changes": models.Changes, "Members": models.Members, "Preview": models.Preview,
        "Explanation": models.Explanation, "Why": models.Why, "Series": models.Series,
        "Stretch": models.Stretch, "Accepted": models.Accepted, "Member": models.Contact,
        "Version": models.Version, "User": models.User, "Overlap": models.Overlap,
        "Overlaps": models.Overlaps, "SegmentOf": models.SegmentOf, "Validated": models.Validated,
        "Field": models.Field, "List": models.List, "Webhook": models.Webhook, "Job": models.Job,
        "Delivery": models.Delivery, "Key": models.Key, "Workspace": models.Workspace,
    }  # fmt: skip
    for name, kind in pairs.items():
        needed = {one.name for one in msgspec.structs.fields(kind) if one.required}
        every = {one.name for one in msgspec.structs.fields(kind)}
        assert every <= set(described[name]["properties"]), name
        # What the server leaves out by default is not needed by the client.
        assert needed <= set(described[name]["required"]) | {"rejected"}, name
