"""The feed: every change once, in order, over time, edits, erasures, retention and restarts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from carpel.client import ApiError
from carpel.kit.clock import DAY, HOUR, MINUTE
from support.inside import House, house, instant

RECENT = (
    "contact_id IN (SELECT contact_id FROM event_data WHERE event_type = 'open' "
    "AND timestamp >= NOW() - INTERVAL '1' DAY)"
)


def feed(it: House, **query: Any) -> list[dict[str, Any]]:
    it.service.feed.flush()
    found: list[dict[str, Any]] = []
    while True:
        page = it.client.get("/changes", **query)
        found += page["data"]
        query["cursor"] = page["next_cursor"]
        if not page["more"]:
            return found


def said(it: House, changes: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    names = {one["id"]: one["name"] for one in it.client.everything("/segments")}
    return [(names[one["segment"]], one["change"], one["cause"]) for one in changes]


def rebuilt(changes: list[dict[str, Any]], segment: str) -> set[str]:
    """Members by the changes alone; a change that contradicts the one before is a failure."""
    members: set[str] = set()
    for one in changes:
        if one["segment"] == segment:
            assert (one["contact"] in members) == (one["change"] == "left"), one
            (members.add if one["change"] == "entered" else members.remove)(one["contact"])
    return members


def ids(it: House, segment: str) -> set[str]:
    return {one["id"] for one in it.client.everything(f"/segments/{segment}/members", limit=7)}


def test_each_change_says_why(tmp_path: Path) -> None:
    with house(tmp_path / "data") as it:
        it.put({"external_id": "a", "fields": {"age": 20}}, {"external_id": "b"})
        made = it.segment("grown", "age >= 18")
        it.segment("recent", RECENT)
        it.put({"external_id": "a", "fields": {"age": 10}})
        it.happen({"external_id": "b", "event": "open", "time": "2026-06-01T12:00:00Z"})
        it.clock.advance(DAY + 1)
        it.count("recent")
        it.put({"external_id": "b", "fields": {"age": 17}})
        it.client.patch("/segments/grown", {"sql": "age >= 17"})
        changes = feed(it)
        assert said(it, changes) == [
            ("grown", "entered", "definition"),
            ("grown", "left", "contact"),
            ("recent", "entered", "event"),
            ("recent", "left", "time"),
            ("grown", "entered", "definition"),
        ]
        assert [one["seq"] for one in changes] == [1, 2, 3, 4, 5]
        assert changes[3]["at"] == "2026-06-02T12:00:00.000001Z"
        b = it.client.get("/contacts/b")["id"]
        assert {one["contact"] for one in changes[2:]} == {b}
        assert rebuilt(changes, made["id"]) == ids(it, "grown") == {b}
        assert feed(it, segment="recent") == changes[2:4]
        assert feed(it, limit=2) == changes


def test_members_say_since_when(tmp_path: Path) -> None:
    with house(tmp_path / "data") as it:
        it.put(*({"external_id": f"c{n}", "fields": {"n": n}} for n in range(20)))
        it.segment("low", "n < 10")
        it.clock.advance(HOUR)
        it.put(
            {"external_id": "c15", "fields": {"n": 5}}, {"external_id": "c3", "fields": {"n": 50}}
        )
        it.clock.advance(HOUR)
        it.put({"external_id": "c3", "fields": {"n": 3}})
        page = it.client.get("/segments/low/members")
        since = {one["external_id"]: one["entered_at"] for one in page["data"]}
        assert since.pop("c15") == "2026-06-01T13:00:00Z"
        assert since.pop("c3") == "2026-06-01T14:00:00Z"
        assert set(since.values()) == {"2026-06-01T12:00:00Z"}
        assert it.client.get("/segments/low/members/c15")["since"] == "2026-06-01T13:00:00Z"
        assert it.client.get("/segments/low/members/c19")["since"] is None
        it.put({"external_id": "c4", "fields": {"n": 99}})
        (change,) = feed(it, cursor=page["changes_cursor"])
        assert (change["change"], change["seq"]) == ("left", 14)


def test_entry_times_outlive_the_changes(tmp_path: Path) -> None:
    """Many small publications, then none of them is kept: entry times and sizes still are."""
    with house(tmp_path / "data") as it:
        it.client.post("/fields", {"name": "n", "type": "number"})
        it.segment("some", "n > 0")
        expected: dict[str, str] = {}
        for step in range(30):
            it.put({"external_id": f"c{step % 20}", "fields": {"n": (step * 7) % 3}})
            if (step * 7) % 3 == 0:
                expected.pop(f"c{step % 20}", None)
            else:
                expected.setdefault(f"c{step % 20}", f"2026-06-01T12:{step:02d}:00Z")
            it.clock.advance(MINUTE)
        first = feed(it, limit=5)[0]
        before = it.client.get("/changes", limit=3)["next_cursor"]
        cursor = it.client.get("/changes", **{"from": "now"})["next_cursor"]
        it.clock.advance(91 * DAY)
        it.service.feed.flush()
        _wait_for_pruning(it, before)
        with pytest.raises(ApiError) as refused:
            it.client.get("/changes", cursor=before)
        assert (refused.value.status, refused.value.code) == (410, "cursor_expired")
        assert feed(it) == [] == feed(it, cursor=cursor)
        page = it.client.get("/segments/some/members")["data"]
        assert {one["external_id"]: one["entered_at"] for one in page} == expected
        it.put({"external_id": "c2", "fields": {"n": 0}})
        (change,) = feed(it)
        assert change["seq"] > first["seq"]


def _wait_for_pruning(it: House, cursor: str) -> None:
    """The writer prunes when the clock says so; each publication makes it look."""
    for n in range(200):
        it.put({"external_id": "other", "fields": {"m": n}})
        it.service.feed.flush()
        try:
            it.client.get("/changes", cursor=cursor)
        except ApiError:
            return


@pytest.mark.parametrize("background", [True, False])
def test_the_feed_goes_on_where_a_process_ended(tmp_path: Path, *, background: bool) -> None:
    data = tmp_path / "data"
    with house(data, background=background) as it:
        it.put(*({"external_id": f"c{n}", "fields": {"n": n}} for n in range(10)))
        it.segment("low", "n < 5")
        it.segment("recent", RECENT)
        it.happen({"external_id": "c1", "event": "open", "time": "2026-06-01T12:00:00Z"})
        it.count("recent")
        before = feed(it)
        assert len(before) == 6
    with house(data, "2026-06-03T12:00:00Z", background=background) as it:
        assert it.count("recent")["value"] == 0
        assert it.count("low")["value"] == 5
        it.put({"external_id": "c9", "fields": {"n": 0}})
        assert it.count("low")["value"] == 6
        changes = feed(it)
        assert changes[:6] == before
        assert said(it, changes[6:]) == [
            ("recent", "left", "time"),
            ("low", "entered", "contact"),
        ]
        low = it.client.get("/segments/low")["id"]
        assert rebuilt(changes, low) == ids(it, "low")


def test_who_is_erased_leaves_and_is_forgotten(tmp_path: Path) -> None:
    with house(tmp_path / "data") as it:
        it.put(*({"external_id": f"c{n}", "fields": {"n": n}} for n in range(6)))
        segment = it.segment("low", "n < 5")["id"]
        gone = it.client.get("/contacts/c2")["id"]
        before = feed(it)
        it.client.delete("/contacts/c2", wait="applied")
        assert it.count("low")["value"] == 4
        changes = feed(it)
        kept = [one for one in before if one["contact"] != gone]
        assert changes[:4] == kept, "the others keep their numbers"
        assert [(one["seq"], one["contact"], one["change"]) for one in changes[4:]] == [
            (6, gone, "left")
        ]
        assert {one["contact"] for one in kept} == ids(it, "low")
        half = it.client.get("/changes", limit=2)
        assert half["data"] + feed(it, cursor=half["next_cursor"]) == changes
        assert segment == changes[0]["segment"]


def test_who_meets_another_leaves(tmp_path: Path) -> None:
    with house(tmp_path / "data") as it:
        it.put({"external_id": "a", "fields": {"n": 1}}, {"email": "b@example.com"})
        it.segment("all", "created_at IS NOT NULL")
        other = it.client.get("/contacts/b@example.com")["id"]
        it.put({"external_id": "a", "email": "b@example.com"})
        assert it.count("all")["value"] == 1
        changes = feed(it)
        assert [(one["contact"] == other, one["change"]) for one in changes[2:]] == [(True, "left")]


def test_a_deleted_segment_takes_its_changes_along(tmp_path: Path) -> None:
    with house(tmp_path / "data") as it:
        it.put({"external_id": "a", "fields": {"n": 1}})
        it.segment("one", "n = 1")
        it.segment("two", "n = 1")
        it.client.delete("/segments/one")
        changes = feed(it)
        assert said(it, changes) == [("two", "entered", "definition")]


def test_rules_that_name_what_is_gone_let_everybody_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with house(tmp_path / "data") as it:
        clearing, jobs = it.service.clearing, it.service.jobs
        start, workspace = clearing.start, it.service.workspaces.read("default")

        def start_and_end(*asked: Any) -> None:
            """The values are gone as soon as they can be."""
            start(*asked)
            assert all(jobs.wait(one.id, 10) for one in jobs.list_of(workspace.no))
            assert it.service.ingest.wait_applied(it.service.ingest.last_seq, 10)
            it.count("one")

        monkeypatch.setattr(clearing, "start", start_and_end)
        it.put({"external_id": "a", "fields": {"n": 1}}, {"external_id": "b", "fields": {"n": 1}})
        one = it.segment("one", "n = 1")["id"]
        it.client.delete("/fields/n")
        assert it.members("one") == set()
        changes = feed(it)
        assert said(it, changes[2:]) == [("one", "left", "definition")] * 2
        assert rebuilt(changes, one) == set()
        it.put({"external_id": "b", "fields": {"n": 1}})
        it.client.patch("/segments/one", {"sql": "n = 1 AND TRUE"})
        assert it.members("one") == {"b"}
        assert rebuilt(feed(it), one) == ids(it, "one")
    with house(tmp_path / "data") as it:
        assert rebuilt(feed(it), one) == ids(it, "one")


def test_history_is_exact_at_any_instant(tmp_path: Path) -> None:
    with house(tmp_path / "data") as it:
        it.client.post("/fields", {"name": "n", "type": "number"})
        it.segment("low", "n < 100")
        start = instant("2026-06-01T12:00:00Z")
        sizes: dict[int, int] = {}
        for n in range(90):
            it.put({"external_id": f"c{n % 25}", "fields": {"n": 1 if n % 3 else 200}})
            it.clock.advance(1)
            sizes[it.clock.now() - 1] = it.count("low")["value"]
            it.clock.advance(17_000_003)
        it.service.feed.flush()
        number = it.service.segments.numbers()[0]
        history = it.service.history
        assert {at: history.size_at(number, at) for at in sizes} == sizes
        assert history.size_at(number, start - 1) is None


def test_pages_of_members_go_on_after_a_restart(tmp_path: Path) -> None:
    """Who stays is on one page, whoever comes and goes; and the feed brings all of it up to date."""
    data = tmp_path / "data"
    with house(data) as it:
        it.put(*({"external_id": f"c{n:02}", "fields": {"n": n}} for n in range(30)))
        made = it.segment("low", "n < 20")
        first = it.client.get("/segments/low/members", limit=7)
        it.put(
            {"external_id": "c02", "fields": {"n": 50}}, {"external_id": "c25", "fields": {"n": 1}}
        )
        second = it.client.get("/segments/low/members", limit=7, cursor=first["next_cursor"])
        assert (second["at"], second["total"]) == (first["at"], 20)
    with house(data, "2026-06-02T12:00:00Z") as it:
        it.put(
            {"external_id": "c16", "fields": {"n": 50}}, {"external_id": "new", "fields": {"n": 1}}
        )
        rest: list[Any] = []
        cursor = second["next_cursor"]
        while cursor:
            page = it.client.get("/segments/low/members", limit=3, cursor=cursor)
            assert page["at"] != first["at"]
            assert page["changes_cursor"] == first["changes_cursor"]
            rest += page["data"]
            cursor = page["next_cursor"]
        seen = [one["external_id"] for one in first["data"] + second["data"] + rest]
        assert seen == [f"c{n:02}" for n in range(20) if n != 16] + ["c25", "new"]
        members = {one["id"] for one in first["data"] + second["data"] + rest}
        for one in feed(it, cursor=first["changes_cursor"]):
            (members.add if one["change"] == "entered" else members.discard)(one["contact"])
        assert members == ids(it, "low")
        it.segment("high", "n > 20")
        with pytest.raises(ApiError) as refused:
            it.client.get("/segments/high/members", cursor=first["next_cursor"])
        assert (refused.value.status, refused.value.code) == (400, "bad_cursor")
        assert made["id"] == it.client.get("/segments/low")["id"]


def test_contacts_and_events_of_one_batch_each_have_their_cause(tmp_path: Path) -> None:
    both = f"n < 10 OR {RECENT}"
    with house(tmp_path / "data") as it:
        it.put(*({"external_id": who, "fields": {"n": 50}} for who in "abcdg"))
        it.put({"external_id": "e", "fields": {"n": 1}}, {"external_id": "f", "fields": {"n": 1}})
        it.segment("both", both)
        it.segment("all", "TRUE")
        cursor = it.client.get("/segments/both/members")["changes_cursor"]
        with it.service.ingest.paused():  # what comes now is applied together, but for the first
            it.client.post("/contacts", {"external_id": "first"})
            changed = [{"external_id": who, "fields": {"n": n}} for who, n in
                       (("a", 1), ("c", 2), ("e", 60), ("g", 40))]  # fmt: skip
            it.client.post("/contacts", changed)
            events = [{"external_id": who, "event": "open"} for who in ("b", "c", "new")]
            it.client.post("/events", events)
        it.put({"external_id": "last"})
        names = {
            one["id"]: one["external_id"] for one in it.client.everything("/segments/all/members")
        }
        told = {
            names[one["contact"]]: (one["change"], one["cause"])
            for one in feed(it, cursor=cursor, segment="both")
        }
        assert told == {
            "a": ("entered", "contact"),
            "b": ("entered", "event"),
            "c": ("entered", "event"),  # it was changed, too
            "new": ("entered", "event"),
            "e": ("left", "contact"),
        }
        changes = feed(it)
        assert rebuilt(changes, it.client.get("/segments/both")["id"]) == ids(it, "both")
        assert [one["seq"] for one in changes] == list(range(1, len(changes) + 1))
