"""Large bodies are read beside the server: with the same outcome, and never by what holds no longer."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from carpel.client import ApiError
from support.inside import House, house
from support.waiting import until

PEOPLE = 400
PLAN = ["free", "team", "firm"]


def contacts(turn: int) -> list[dict[str, Any]]:
    """All of them, each with values of this turn."""
    return [
        {
            "external_id": f"c{n}", "email": f"{(n + turn) % PEOPLE}@example.com",
            "fields": {"plan": PLAN[(n + turn) % 3], "spent": n * turn + 0.25, "turn": turn},
        } for n in range(PEOPLE)
    ]  # fmt: skip


def events(turn: int) -> list[dict[str, Any]]:
    return [
        {"external_id": f"c{n + turn}", "event": "visit", "properties": {"page": f"p{n}"}}
        for n in range(PEOPLE)
    ]


@contextmanager
def ready(data: Path, helpers: int) -> Iterator[House]:
    """A product whose helpers have begun."""
    with house(data, helpers=helpers) as it:
        it.client.post("/contacts", contacts(0), wait="applied")  # makes the fields, too
        until(lambda: it.service.helpers.there == helpers)
        yield it


def stored(it: House) -> dict[str, Any]:
    """E-mail address and fields of all contacts, none of whom is there twice."""
    it.client.post("/contacts", {"external_id": "c0"}, wait="applied")
    workspace = it.service.workspaces.read("default")
    people = it.service.contacts
    found = people.read_many(workspace, people.numbers(workspace, after=0, most=10_000))
    shown = {
        one.identifiers["external_id"]: (one.identifiers.get("email"), one.fields) for one in found
    }
    assert len(shown) == len(found)
    return shown


def test_what_a_helper_reads_is_what_the_server_reads(tmp_path: Path) -> None:
    bodies = [("/contacts", contacts(1)), ("/events", events(1)), ("/contacts", contacts(2)[:150])]
    outcomes = []
    for helpers in (1, 0):
        with ready(tmp_path / str(helpers), helpers) as it:
            answers = [it.client.post(path, body, wait="applied") for path, body in bodies]
            it.segment("visitors", "contact_id IN (SELECT contact_id FROM event_data)")
            it.segment("firms", "plan = 'firm' AND spent > 10")
            counts = [it.count(name)["value"] for name in ("visitors", "firms")]
            for one in answers:
                one.pop("seq")
            outcomes.append((answers, counts, stored(it)))
    assert outcomes[0] == outcomes[1]
    assert outcomes[0][0][0]["updated"] == PEOPLE
    assert outcomes[0][1][0] == PEOPLE


def test_what_is_looked_up_too_early_is_not_used(tmp_path: Path) -> None:
    """All are looked up before the first is applied, and so large that each is a batch of its own."""
    new = [f"n{n}" for n in range(PEOPLE)]
    note = "x" * 6_000
    with ready(tmp_path / "data", 1) as it:
        with it.service.ingest.paused():
            for name in ("first", "second", "third"):
                fields = {"note": note, "plan" if name == "first" else name: name}
                it.client.post("/contacts", [{"external_id": one, "fields": fields} for one in new])
                it.client.post(
                    "/contacts", [{**one, "fields": fields} for one in contacts(len(name))]
                )
            it.client.post("/events", events(7))
        found = stored(it)
        assert len(found) == 2 * PEOPLE + 7
        for who in [*new, *(f"c{n}" for n in range(PEOPLE))]:
            fields = found[who][1]
            assert (fields["plan"], fields["second"], fields["third"]) == (
                "first",
                "second",
                "third",
            )
        assert [found[f"c{n}"][0] for n in (0, 99)] == ["5@example.com", "104@example.com"]


def test_changes_in_quick_succession_all_count(tmp_path: Path) -> None:
    with ready(tmp_path / "data", 1) as it:
        for turn in range(1, 12):
            it.client.post("/contacts", contacts(turn))
            it.client.post("/events", events(turn))
        last = {one["external_id"]: one for one in contacts(11)}
        found = stored(it)
        for who, one in last.items():
            assert found[who][0] == one["email"]
            assert found[who][1]["turn"] == 11
        assert len(found) == PEOPLE + 11


def test_many_who_send_at_once_make_nobody_twice(tmp_path: Path) -> None:
    new = [{"external_id": f"n{n}", "fields": {"turn": 0, "plan": "free"}} for n in range(PEOPLE)]
    with ready(tmp_path / "data", 1) as it:
        with ThreadPoolExecutor(4) as sending:
            for _ in sending.map(lambda _: it.client.post("/contacts", new), range(8)):
                pass
        assert len(stored(it)) == 2 * PEOPLE


def test_what_is_wrong_is_said_as_ever(tmp_path: Path) -> None:
    wrong = contacts(1)
    wrong[37]["email"] = "nobody"
    said = []
    for helpers in (1, 0):
        with ready(tmp_path / str(helpers), helpers) as it:
            before = stored(it)
            with pytest.raises(ApiError) as refused:
                it.client.post("/contacts", wrong)
            said.append((refused.value.status, str(refused.value)))
            assert stored(it) == before
            assert it.client.post("/contacts", wrong, on_error="skip")["accepted"] == PEOPLE - 1
    assert said[0] == said[1]


def test_fields_and_lists_are_those_of_the_moment(tmp_path: Path) -> None:
    listed = [{**one, "lists": ["news"]} for one in contacts(1)]
    with ready(tmp_path / "data", 1) as it:
        with pytest.raises(ApiError, match="news"):
            it.client.post("/contacts", listed)
        it.client.post("/lists", {"name": "news"})
        assert it.client.post("/contacts", listed, wait="applied")["updated"] == PEOPLE
        new = [{**one, "fields": {"height": 1.5}} for one in contacts(1)]
        it.client.post("/contacts", new)  # makes the field
        assert it.client.post("/contacts", new, wait="applied")["unchanged"] == PEOPLE
        it.client.delete("/lists/news")
        with pytest.raises(ApiError, match="news"):
            it.client.post("/contacts", listed)


def test_a_helper_that_is_killed_is_missed_by_nobody(tmp_path: Path) -> None:
    with ready(tmp_path / "data", 1) as it:
        children = Path(f"/proc/{os.getpid()}/task").glob("*/children")
        for one in {int(found) for file in children for found in file.read_text().split()}:
            if b"carpel.app.beside" in Path(f"/proc/{one}/cmdline").read_bytes():
                os.kill(one, signal.SIGKILL)
        assert it.client.post("/contacts", contacts(3), wait="applied")["updated"] == PEOPLE
        assert stored(it)["c1"][1]["turn"] == 3
