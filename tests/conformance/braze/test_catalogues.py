"""`/custom_attributes`, `/events`, `/events/list` (contracts/braze.md §4.5)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.braze import BrazeHouse, braze_house


@pytest.fixture(scope="module")
def inside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrazeHouse]:
    with braze_house(Path(tmp_path_factory.mktemp("catalogues")) / "data") as opened:
        more = {f"attr{n:03}": n for n in range(110)}
        typed = {
            "Zoo": {"x": 1},
            "b_date": "2026-01-01",
            "b_list": ["x"],
            "b_yes": True,
            "b_text": "t",
        }
        opened.track(
            attributes=[
                {"external_id": "c", "first_name": "A", "dob": "2000-01-01", **more, **typed}
            ]
        )
        for start in range(0, 260, 65):
            opened.track(events=[
                {"external_id": "c", "name": f"event{n:03}", "time": "2026-05-01"}
                for n in range(start, start + 65)
            ])  # fmt: skip
        opened.track(purchases=[{"external_id": "c", "product_id": "p", "currency": "USD",
                                 "price": 1, "time": "2026-05-01"}])  # fmt: skip
        opened.put({"external_id": "sync"})
        yield opened


@pytest.mark.parametrize(("path", "key", "total"), [("/custom_attributes", "attributes", 115),
                                                    ("/events", "events", 260)])  # fmt: skip
def test_pages_are_led_to_by_links(inside: BrazeHouse, path: str, key: str, total: int) -> None:
    names: list[str] = []
    url: str | None = path
    while url is not None:
        answer = inside.braze.get(url)
        assert answer.status_code == 200
        assert list(answer.json()) == [key, "message"]
        names += [one["name"] for one in answer.json()[key]]
        link = re.fullmatch(r'<(http://[^>]+)>; rel="next"', answer.headers.get("link", ""))
        assert link or len(answer.json()[key]) <= 50
        url = link.group(1) if link else None
    assert len(names) == total
    assert names == sorted(names, key=str.lower)


def test_the_cursor_is_what_clients_have_seen(inside: BrazeHouse) -> None:
    assert "cursor=c2tpcDo1MA%3D%3D" in inside.braze.get("/events").headers["link"]
    assert len(inside.braze.get("/events?cursor=c2tpcDo1MA==").json()["events"]) == 50
    assert inside.braze.get("/events?cursor=nonsense").status_code == 400


def test_attributes_tell_their_type(inside: BrazeHouse) -> None:
    found = inside.braze.get("/custom_attributes?cursor=c2tpcDoxMDA=").json()["attributes"]
    types = {one["name"]: one["data_type"] for one in found}
    assert types["Zoo"] == "Object"
    first = inside.braze.get("/custom_attributes").json()["attributes"]
    assert list(first[0]) == [
        "array_length",
        "data_type",
        "description",
        "name",
        "status",
        "tag_names",
    ]
    found = [one for cursor in ("", "c2tpcDo1MA==", "c2tpcDoxMDA=")
             for one in inside.braze.get(f"/custom_attributes?cursor={cursor}").json()["attributes"]]  # fmt: skip
    types = {one["name"]: one["data_type"] for one in found}
    assert types["attr000"] == "Number"
    assert types["b_date"] == "Date (Automatically Detected)"
    assert (types["b_list"], types["b_yes"], types["b_text"]) == ("Array", "Boolean", "String")
    assert {"first_name", "dob", "Zoo.x"} & types.keys() == set()


def test_names_of_events_are_250_a_page(inside: BrazeHouse) -> None:
    pages = [inside.braze.get(f"/events/list?page={page}").json() for page in range(3)]
    assert [len(one["events"]) for one in pages] == [250, 10, 0]
    assert pages[0]["events"][0] == "event000"
    assert "purchase" not in pages[1]["events"]
