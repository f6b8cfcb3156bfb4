"""Maintenance mode: 503 in the vendors' words, everything else goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import Account, open_account
from support.batch import Project, refused
from support.running import carpel, carpel_json, serving


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    data = tmp_path / "data"
    with serving(data) as server:
        yield Project(open_account(server, data, "default"))


def closed(project: Project) -> bool:
    """Whether all three vendors' doors answer 503; otherwise none does."""
    account: Account = project.account
    paths = ("/segments/list", "/v3/marketing/lists", "/2.11/segments/list")
    statuses = [
        account.server.get(
            path, account.key, **{"X-Batch-Project": account.project_key}
        ).status_code
        for path in paths
    ]
    assert set(statuses) in ({200}, {503})
    return statuses[0] == 503


def test_an_operator_closes_the_doors_and_opens_them_again(project: Project) -> None:
    data = project.account.data
    assert carpel_json("maintenance", "--data", data) == {"on": False, "since": None}
    assert not closed(project)
    switched = carpel_json("maintenance", "on", "--data", data)
    assert switched["on"]
    assert carpel_json("maintenance", "on", "--data", data) == switched
    assert closed(project)
    message = refused(project.post("/profiles/update", []), 503, "MAINTENANCE_ERROR")
    assert "try again later" in message
    assert project.account.native("/segments")["data"] == []
    assert "maintenance is off" in carpel("maintenance", "off", "--data", data).stderr
    assert not closed(project)


def test_it_outlives_a_restart_and_a_setting_decides_alone(project: Project) -> None:
    data, server = project.account.data, project.account.server
    carpel("maintenance", "on", "--data", data)
    server.stop()
    with serving(data) as again:
        project.account.server = again
        assert closed(project)
        carpel("maintenance", "off", "--data", data)
    with serving(data, {"CARPEL_MAINTENANCE": "on"}) as again:
        project.account.server = again
        assert closed(project)
        key = {"Authorization": f"Bearer {project.account.key}"}
        url = f"{again.url}/api/v1/maintenance"
        answer = again.client.patch(url, headers=key, json={"on": False})
        assert (answer.status_code, answer.json()["code"]) == (409, "set_on")
        weak = {"Authorization": f"Bearer {project.account.make_key('admin')}"}
        assert again.client.patch(url, headers=weak, json={"on": True}).status_code == 403
        assert again.client.get(url, headers=weak).json()["on"] is True
        assert again.client.patch(url, headers=key, json={"on": "no"}).status_code == 400
    with serving(data) as again:
        project.account.server = again
        assert not closed(project)
