"""Segments over time and among others: series, versions, revert, overlap, used-by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from carpel.client import ApiError
from carpel.kit.clock import DAY, HOUR
from support.inside import House, house


def put(it: House, **numbers: int) -> None:
    it.put(*({"external_id": who, "fields": {"n": n}} for who, n in numbers.items()))


def refused(it: House, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, str]:
    calls = {
        "GET": lambda: it.client.get(path, **query),
        "DELETE": lambda: it.client.delete(path),
        "POST": lambda: it.client.post(path, body),
    }
    with pytest.raises(ApiError) as error:
        calls[method]()
    return error.value.status, error.value.code


def test_a_series_tells_each_day_of_a_zone(tmp_path: Path) -> None:
    """June 1st ends at 22:00 UTC in Rome; who comes and goes within a day counts in both."""
    with house(tmp_path / "data") as it:
        put(it, a=1, b=2)
        it.segment("low", "n < 10")
        it.clock.advance(9 * HOUR)
        put(it, c=3, a=99)
        it.clock.advance(2 * HOUR)
        put(it, a=5)
        it.client.patch("/segments/low", {"sql": "n < 3"})
        it.clock.advance(2 * DAY)
        put(it, d=1)
        found = it.client.get(
            "/segments/low/series", **{"from": "2026-05-31T12:00:00Z"}, timezone="Europe/Rome"
        )
        days = [(one["start"][:10], one["size"], one["entered"], one["left"], one["net"])
                for one in found["data"]]  # fmt: skip
        assert days == [
            ("2026-05-30", None, 0, 0, 0),
            ("2026-05-31", 2, 3, 1, 2),
            ("2026-06-01", 1, 1, 2, -1),
            ("2026-06-02", 1, 0, 0, 0),
            ("2026-06-03", 2, 1, 0, 1),
        ]
        assert [one["version"] for one in found["definitions"]] == [1, 2]
        assert found["definitions"][1]["at"] == "2026-06-01T23:00:00Z"
        hours = it.client.get("/segments/low/series", interval="hour")["data"]
        assert sum(one["entered"] for one in hours) == 5
        assert refused(it, "GET", "/segments/low/series", timezone="Mars") == (400, "unknown_zone")
        assert refused(it, "GET", "/segments/low/series", interval="year") == (400, "bad_parameter")
        bad = {"from": "2026-06-03", "to": "2026-06-01"}
        assert refused(it, "GET", "/segments/low/series", **bad) == (400, "bad_parameter")
        assert refused(it, "GET", "/segments/low/series", intervall="day") == (400, "bad_parameter")


def test_rules_of_any_past_moment_hold_again(tmp_path: Path) -> None:
    with house(tmp_path / "data") as it:
        put(it, a=1, b=20)
        it.segment("low", "n <  10")
        it.clock.advance(HOUR)
        it.client.patch("/segments/low", {"sql": "n > 10"})
        it.clock.advance(HOUR)
        versions = it.client.get("/segments/low/versions")["data"]
        assert [(one["version"], one["sql"]) for one in versions] == [
            (1, "n <  10"), (2, "n > 10"),
        ]  # fmt: skip
        (then,) = it.client.get("/segments/low/versions", at="2026-06-01T12:30:00Z")["data"]
        assert then == versions[0]
        back = it.client.post("/segments/low/revert", {"at": "2026-06-01T12:30:00Z"})
        assert (back["version"], back["sql"], back["document"]) == (
            3, "n <  10", versions[0]["document"],
        )  # fmt: skip
        assert it.members("low") == {"a"}
        assert it.client.post("/segments/low/revert", {"version": 2})["sql"] == "n > 10"
        path = "/segments/low/revert"
        assert refused(it, "POST", path, {"version": 9}) == (404, "no_such_version")
        assert refused(it, "POST", path, {}) == (400, "bad_body")
        early = {"at": "2020-01-01T00:00:00Z"}
        assert refused(it, "POST", path, early) == (404, "no_such_version")


def test_overlap_counts_who_is_in_both(tmp_path: Path) -> None:
    with house(tmp_path / "data") as it:
        put(it, a=1, b=5, c=9, d=12)
        it.segment("low", "n < 10")
        it.segment("mid", "n > 4")
        it.segment("none", "n > 99")
        found = it.client.get("/segments/low/overlap", **{"with": "mid,none"})
        mid, none = found["data"]
        assert found["size"] == 3
        assert (mid["size"], mid["both"], mid["only_this"], mid["only_other"]) == (3, 2, 1, 1)
        assert str(mid["share_of_this"]) == "0.666667"
        assert (none["both"], none["only_this"]) == (0, 3)
        assert refused(it, "GET", "/segments/low/overlap") == (400, "bad_parameter")


def test_a_segment_in_use_is_not_deleted(tmp_path: Path) -> None:
    with house(tmp_path / "data") as it:
        put(it, a=1)
        it.segment("low", "n < 10")
        user = it.segment("lower", "IN SEGMENT 'low' AND n < 5")
        assert it.client.get("/segments/low/used-by")["data"] == [
            {"kind": "segment", "id": user["id"], "name": "lower"}
        ]
        assert refused(it, "DELETE", "/segments/low") == (409, "segment_in_use")
        it.client.delete("/segments/lower")
        it.client.delete("/segments/low")


def test_a_request_with_a_key_is_done_once(tmp_path: Path) -> None:
    with house(tmp_path / "data") as it:
        http = it.client._http  # noqa: SLF001  (the client sends no such key)

        def post(body: Any, key: str) -> Any:
            return http.post("/events", json=body, headers={"Idempotency-Key": key})

        put(it, a=1)
        event = {"external_id": "a", "event": "seen"}
        first, again = post(event, "k1"), post(event, "k1")
        assert first.status_code == again.status_code == 202
        assert again.json() == first.json()
        assert again.headers["idempotent-replayed"] == "true"
        assert post(event | {"event": "other"}, "k1").json()["code"] == "idempotency_key_reused"
        post(event, "k2")
        it.happen(event)
        assert it.client.post("/segments/preview", {"sql":
            "contact_id IN (SELECT contact_id FROM event_data GROUP BY contact_id "
            "HAVING COUNT(*) = 3)"})["count"]["value"] == 1  # fmt: skip
        it.clock.advance(2 * DAY)
        assert "idempotent-replayed" not in post(event, "k1").headers
