"""The typed client, waiting and not; and that its types are those the server describes."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import httpx
import msgspec
import pytest

from carpel.client import ApiError, AsyncClient, Client, models
from conftest import Account


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


def test_the_clients_types_are_the_servers(account: Account) -> None:
    """Every field that the client reads is described, and the same may be missing."""
    described = httpx.get(f"{account.server.url}/openapi.json").json()["components"]["schemas"]
    pairs: dict[str, type[msgspec.Struct]] = {
        "Count": models.Count, "Segment": models.Segment, "Change": models.Change,
        "Changes": models.Changes, "Members": models.Members, "Preview": models.Preview,
        "Explanation": models.Explanation, "Why": models.Why, "Series": models.Series,
        "Stretch": models.Stretch, "Accepted": models.Accepted, "Member": models.Contact,
    }  # fmt: skip
    for name, kind in pairs.items():
        needed = {one.name for one in msgspec.structs.fields(kind) if one.required}
        every = {one.name for one in msgspec.structs.fields(kind)}
        assert every <= set(described[name]["properties"]), name
        # What the server leaves out by default is not needed by the client.
        assert needed <= set(described[name]["required"]) | {"rejected"}, name
