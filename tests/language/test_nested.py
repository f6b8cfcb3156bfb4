"""Segments inside segments, and random shares of contacts."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import md5
from pathlib import Path

import pytest

from carpel.client import ApiError, Client
from carpel.query.compile import compile_document, compile_text
from support.population import FreeClock, Population, caller, running
from support.population_town import Town, found_town


@pytest.fixture
def fresh(tmp_path: Path, population: Population) -> Iterator[Town]:
    clock = FreeClock()
    with running(tmp_path, clock) as (service, transport):
        workspace = service.workspaces.read("default")
        yield found_town(service, clock, workspace, caller(transport, "default"), population)


def create(client: Client, name: str, sql: str) -> str:
    found = client.post("/segments", {"name": name, "code": name.upper(), "sql": sql})
    return str(found["id"])


def count(client: Client, segment_id: str) -> int:
    found = client.get(f"/segments/{segment_id}")["count"]
    assert found["exact"]
    return int(found["value"])


def refusal(client: Client, method: str, path: str, body: object = None) -> ApiError:
    arguments = (path,) if body is None else (path, body)
    with pytest.raises(ApiError) as refused:
        getattr(client, method)(*arguments)
    return refused.value


def test_one_segment_in_another(fresh: Town) -> None:
    create(fresh.client, "pro", "plan = 'pro'")
    create(fresh.client, "vip", "array_contains(list_ids, 'VIP')")
    assert fresh.preview(sql="IN SEGMENT 'PRO'") == {"ann", "bob", "fay"}
    assert fresh.preview(sql="contact_id IN SEGMENT ('PRO', 'vip')") == {"ann", "bob", "fay", "gus"}
    assert fresh.preview(sql="IN SEGMENT 'PRO' AND NOT IN SEGMENT 'VIP'") == {"fay"}
    assert fresh.preview(sql="array_contains(segment_ids, 'VIP')") == {"ann", "bob", "gus"}
    everyone = {contact["id"] for contact in fresh.world.contacts}
    # Who has no plan is not in the segment either: being in a segment is never unknown.
    outside = "contact_id NOT IN SEGMENT 'PRO' AND TRUE"
    assert fresh.preview(sql=outside) == everyone - {"ann", "bob", "fay"}


def test_what_is_not_in_a_segment_is_all_the_rest(fresh: Town, population: Population) -> None:
    """The opposite of every kind of leaf."""
    rules = [
        "score = 10", "score != 10", "plan IN ('pro', '')", "plan NOT IN ('pro')", "city LIKE '%o%'", "NOT active",
        "country ILIKE 'us'", "regexp_like(city, '^k')", "NOT regexp_like(city, '^k')", "signup IS NULL",
        "array_contains(tags, 'red')", "NOT array_contains(tags, 'red')", "renewal > signup", "score + balance > 10",
        "first_name = city", "signup < NOW() - INTERVAL '30' DAY", "array_contains(list_ids, 'VIP')", "TRUE",
        "contact_id IN (SELECT contact_id FROM event_data WHERE event_type = 'open')", "score > 3 OR active",
        "contact_id IN (SELECT contact_id FROM event_data WHERE TRUE FOLLOWED BY TRUE)", "LENGTH(city) > 4",
    ]  # fmt: skip
    for number, rule in enumerate(rules):
        create(fresh.client, f"r{number}", rule)
        inside = fresh.preview(sql=f"IN SEGMENT 'R{number}'")
        assert fresh.preview(sql=f"NOT IN SEGMENT 'R{number}'") == set(population.names) - inside
        assert fresh.preview(sql=rule) == inside


def test_who_changes_a_segment_changes_those_that_name_it(fresh: Town) -> None:
    inner = create(fresh.client, "inner", "country = 'US'")
    middle = create(fresh.client, "middle", "IN SEGMENT 'INNER' OR country = 'JP'")
    outer = create(fresh.client, "outer", "NOT IN SEGMENT 'MIDDLE'")
    assert (count(fresh.client, middle), count(fresh.client, outer)) == (3, 9)
    fresh.client.patch(f"/segments/{inner}", {"sql": "country IN ('US', 'CA', 'DE')"})
    assert (count(fresh.client, middle), count(fresh.client, outer)) == (7, 5)
    fresh.client.patch(f"/segments/{inner}", {"list": "VIP"})
    assert (count(fresh.client, middle), count(fresh.client, outer)) == (4, 8)
    fresh.client.patch(f"/segments/{inner}", {"name": "the core"})
    assert "“the core”" in fresh.client.get(f"/segments/{middle}")["description"]


def test_why_of_a_segment_in_a_segment(fresh: Town) -> None:
    create(fresh.client, "pro", "plan = 'pro'")
    outer = create(fresh.client, "outer", "IN SEGMENT 'PRO' AND country = 'US'")
    why = fresh.client.get(f"/segments/{outer}/members/fay")["why"]
    assert [part["true"] for part in why["parts"]] == [True, False]
    assert why["parts"][0]["seen"] == {"segments": {"pro": True}}


def test_no_segment_is_inside_itself(fresh: Town) -> None:
    inner = create(fresh.client, "inner", "country = 'US'")
    create(fresh.client, "middle", "IN SEGMENT 'INNER'")
    create(fresh.client, "outer", "IN SEGMENT 'MIDDLE'")
    refused = refusal(fresh.client, "patch", f"/segments/{inner}", {"sql": "IN SEGMENT 'OUTER'"})
    assert "inside itself" in str(refused)
    refused = refusal(fresh.client, "patch", f"/segments/{inner}", {"sql": "IN SEGMENT 'INNER'"})
    assert "inside itself" in str(refused)
    assert count(fresh.client, inner) == 2
    refused = refusal(fresh.client, "delete", f"/segments/{inner}")
    assert "'middle'" in str(refused)
    refused = refusal(fresh.client, "post", "/segments/preview", {"sql": "IN SEGMENT 'OUTR'"})
    assert "there is no segment 'OUTR'" in str(refused)


def test_segments_are_there_again_in_whatever_order(tmp_path: Path, population: Population) -> None:
    """One may name another that was made later."""
    clock = FreeClock()
    with running(tmp_path, clock) as (service, transport):
        client = caller(transport, "default")
        found_town(service, clock, service.workspaces.read("default"), client, population)
        first = create(client, "first", "TRUE")
        second = create(client, "second", "country = 'US'")
        client.patch(f"/segments/{first}", {"sql": "IN SEGMENT 'SECOND'"})
    with running(tmp_path, clock) as (_, transport):
        client = caller(transport, "default")
        assert (count(client, first), count(client, second)) == (2, 2)
        assert [one["id"] for one in client.get("/segments")["data"]] == [first, second]


def test_forms_of_rules_about_segments(fresh: Town) -> None:
    one = create(fresh.client, "pro", "plan = 'pro'")
    two = create(fresh.client, "vip", "array_contains(list_ids, 'VIP')")
    compiled = compile_text("contact_id IN SEGMENT ('pro', 'VIP')", fresh.names)
    assert compiled.canonical == f"contact_id IN SEGMENT ('{one}', '{two}')"
    assert compiled.document == {"in_segments": [one, two]}
    assert compiled.sentence == "Is in any of the segments “pro” or “vip”"
    assert compile_document(compiled.document, fresh.names) == compiled
    assert compile_text(compiled.canonical, fresh.names) == compiled
    sgql = compile_text(f"CONTAINS(segment_ids, '{one}')", fresh.names, "sgql")
    assert sgql.document == {"in_segments": [one]}


def test_random_shares(fresh: Town) -> None:
    ids = {
        contact["external_id"]: contact["id"]
        for contact in (fresh.client.get(f"/contacts/{one['id']}") for one in fresh.world.contacts)
    }

    def share(name: str, buckets: int, salt: str) -> int:
        return int(md5(f"{salt}:{ids[name]}".encode()).hexdigest()[:15], 16) % buckets  # noqa: S324

    for buckets, salt in ((2, ""), (3, "spring"), (10, "")):
        call = f"RANDOM_BUCKET({buckets}, '{salt}')" if salt else f"RANDOM_BUCKET({buckets})"
        for bucket in range(buckets):
            expected = {name for name in ids if share(name, buckets, salt) == bucket}
            assert fresh.preview(sql=f"{call} = {bucket}") == expected
    assert fresh.preview(sql="random_bucket(100) >= 0") == set(ids)
