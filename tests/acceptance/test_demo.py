"""`carpel demo`, as someone runs it who has just heard of Carpel."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from carpel.demo import SEGMENTS, Recipe, events
from carpel.kit.instants import parse_instant
from support.demo import Demo, demonstrating, follow
from support.running import carpel, carpel_json, environment

CONTACTS = 300
FEW = ("--contacts", "60")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    data = tmp_path_factory.mktemp("demo") / "data"
    with demonstrating(data, "--contacts", str(CONTACTS)) as served:
        yield served


def own_segments(demo: Demo) -> list[dict[str, Any]]:
    answer = demo.server.get("/api/v1/segments?limit=100", demo.key)
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def own_counts(demo: Demo) -> dict[str, Any]:
    return {one["name"]: one["count"] for one in own_segments(demo)}


def own_values(demo: Demo) -> dict[str, int]:
    return {name: count["value"] for name, count in own_counts(demo).items()}


def sendgrid_counts(demo: Demo) -> dict[str, int]:
    answer = demo.server.get("/v3/marketing/segments", demo.key).json()
    return {one["name"]: one["contacts_count"] for one in answer["results"]}


def test_every_door_lists_every_segment(demo: Demo) -> None:
    names = [wanted.name for wanted in SEGMENTS]
    assert 24 <= len(names) <= 30
    assert [one["name"] for one in own_segments(demo)] == names
    braze = demo.server.get("/segments/list", demo.key).json()
    assert [one["name"] for one in braze["segments"]] == names
    batch = demo.server.get(
        "/2.11/segments/list?limit=100", demo.key, **{"X-Batch-Project": demo.project_key}
    ).json()
    assert [one["display_name"] for one in batch["segments"]] == names
    assert batch["count"] == len(names)
    assert list(sendgrid_counts(demo)) == names


def test_counts_are_exact_and_the_same_at_both_doors_that_show_them(demo: Demo) -> None:
    for _ in range(20):  # time may move someone between two requests, but not between all of them
        before, other, after = own_counts(demo), sendgrid_counts(demo), own_values(demo)
        own = {name: count["value"] for name, count in before.items()}
        if own == after:
            assert all(count["exact"] for count in before.values())
            assert other == own
            return
    pytest.fail("the counts never stood still")


def test_no_segment_is_empty_and_only_one_holds_everybody(demo: Demo) -> None:
    values = own_values(demo)
    assert [name for name, value in values.items() if value == CONTACTS] == ["Everyone"]
    assert [name for name, value in values.items() if value == 0] == []


def test_a_recount_from_scratch_agrees_while_it_is_served(demo: Demo) -> None:
    results = carpel_json("verify", "--data", demo.data)
    assert len(results) == len(SEGMENTS)
    assert [one["name"] for one in results if one["total_differences"]] == []


def test_every_printed_line_can_be_pasted(demo: Demo) -> None:
    answers = [follow(line) for line in demo.curl_lines]
    assert [answer.status_code for answer in answers] == [200] * 5
    assert all(answer.url.port == httpx.URL(demo.server.url).port for answer in answers)
    assert answers[-1].json()["count"]["value"] > 0


def test_contacts_are_told_apart_by_all_kinds_of_identifiers(demo: Demo) -> None:
    def count(sql: str) -> int:
        answer = httpx.post(
            f"{demo.server.url}/api/v1/segments/preview",
            headers={"Authorization": f"Bearer {demo.key}"},
            json={"sql": sql},
        )
        value: int = answer.json()["count"]["value"]
        return value

    by_card = count("email IS NULL AND external_id IS NOT NULL")
    by_email = count("external_id IS NULL AND email IS NOT NULL")
    by_both = count("external_id IS NOT NULL AND email IS NOT NULL")
    assert by_card > 0
    assert by_email > 0
    assert by_card + by_email + by_both == CONTACTS


def test_a_second_run_only_makes_a_new_key(tmp_path: Path) -> None:
    with demonstrating(tmp_path / "data", *FEW) as first:
        before = [(one["id"], one["note"], one["updated_at"]) for one in own_segments(first)]
        assert first.server.stop() == 0
    with demonstrating(tmp_path / "data", "--contacts", "5000") as second:
        assert "holds the demo already" in second.said
        assert [
            (one["id"], one["note"], one["updated_at"]) for one in own_segments(second)
        ] == before
        assert second.server.get("/segments/list", first.key).status_code == 401
        assert second.server.stop() == 0
    keys = carpel_json("key", "list", "--data", tmp_path / "data")
    assert [one["revoked_at"] is None for one in keys] == [False, True]


def test_a_fill_that_was_killed_is_finished_by_the_next_run(tmp_path: Path) -> None:
    data = tmp_path / "data"
    process = subprocess.Popen(
        [sys.executable, "-m", "carpel", "demo", "--data", str(data), "--contacts", "800"],
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    assert process.stderr is not None
    told = next((line for line in process.stderr if "contacts stored" in line), None)
    process.kill()
    process.wait()
    process.stderr.close()
    assert told is not None
    assert "in the making" in everyone(data)["note"]
    carpel("demo", "--data", data, "--no-serve")
    assert_complete(data, 800)


def test_filling_again_changes_nothing(tmp_path: Path) -> None:
    data = tmp_path / "data"
    carpel("demo", "--data", data, "--no-serve", *FEW)
    note = everyone(data)["note"].replace("Demo data:", "Demo data in the making:")
    carpel("segment", "edit", "EVERYONE", "--note", note, "--data", data)
    done = carpel("demo", "--data", data, "--no-serve")
    assert "going on" in done.stderr
    assert_complete(data, 60)


def test_someone_elses_data_is_left_alone(tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "people.csv"
    file.write_text("email,plan\nada@example.com,Pro\n")
    carpel("import", "contacts", file, "--data", data)
    refused = carpel("demo", "--data", data, "--no-serve", status=1)
    assert "not the demo's" in refused.stderr
    assert refused.stdout == ""
    assert carpel_json("segment", "list", "--data", data) == []
    assert carpel_json("key", "list", "--data", data) == []


def everyone(data: Path) -> dict[str, Any]:
    found: dict[str, Any] = carpel_json("segment", "show", "EVERYONE", "--data", data)
    return found


def assert_complete(data: Path, contacts: int) -> None:
    """All contacts, all segments, and each event once."""
    shown = everyone(data)
    assert shown["count"]["value"] == contacts
    assert shown["note"].startswith("Demo data: ")
    assert len(carpel_json("segment", "list", "--data", data)) == len(SEGMENTS)
    day = shown["note"].removesuffix(".").split()[-1]
    for number, expected in expected_counts(contacts, day).items():
        sql = (
            f"contact_id IN (SELECT contact_id FROM event_data WHERE timestamp < '{day}'"
            f" GROUP BY contact_id HAVING COUNT(*) = {number})"
        )
        found = carpel_json("segment", "preview", "--sql", sql, "--data", data)
        assert found["count"]["value"] == expected


def expected_counts(contacts: int, day: str) -> dict[int, int]:
    """How many have so many events before the day; the commonest numbers, and the largest."""
    midnight = parse_instant(day)
    assert midnight is not None
    written = Counter(
        len(one) for one in events(Recipe(contacts, 1, midnight, midnight)) if len(one) > 0
    )
    return {number: written[number] for number in (*range(1, 4), max(written))}
