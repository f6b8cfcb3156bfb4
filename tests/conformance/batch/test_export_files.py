"""Large exports: several parts, and a server killed while it writes them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import open_account
from support.batch import Project
from support.running import serving

PROFILES = 1_500
TEXTS = 25
PART_BYTES = 8_000_000


def profile(number: int) -> dict[str, Any]:
    texts = {f"text{place}": chr(97 + (number + place) % 26) * 290 for place in range(TEXTS)}
    return {"identifiers": {"custom_id": f"big{number}"}, "attributes": texts}


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    data = tmp_path / "data"
    with serving(data) as server:
        project = Project(open_account(server, data, "default"))
        body = [profile(number) for number in range(PROFILES)]
        assert project.post("/profiles/mass-update", body).json() == {"code": "SUCCESS"}
        project.account.native("/segments", {"name": "Big", "sql": "text0 IS NOT NULL"})
        yield project


def check(project: Project, shown: Any) -> None:
    assert shown["status"] == "SUCCESS"
    assert [file["part"] for file in shown["files"]] == [1, 2]
    assert all(file["size"] < PART_BYTES + 10_000 for file in shown["files"])
    lines = project.lines(shown)
    assert len(lines) == PROFILES
    found = {line["identifiers"]["custom_id"]: line["attributes"] for line in lines}
    assert found == {f"big{n}": profile(n)["attributes"] for n in range(PROFILES)}


REQUEST: dict[str, Any] = {
    "attributes": [f"text{place}" for place in range(TEXTS)],
    "identifiers": ["custom_id"],
    "filter": {"segment": "BIG"},
}


def test_a_large_export_comes_in_parts(project: Project) -> None:
    check(project, project.export(**REQUEST))


def test_an_export_survives_the_death_of_its_server(project: Project) -> None:
    answer = project.post("/profiles/export", {"export_type": "ATTRIBUTES", **REQUEST})
    project.account.server.kill()
    with serving(project.account.data) as again:
        project.account.server = again
        shown = project.wait_for(answer.json()["id"])
        check(project, shown)
        files = list((project.account.data / "files").iterdir())
        assert len(files) == len(shown["files"])  # nothing half-written is left
