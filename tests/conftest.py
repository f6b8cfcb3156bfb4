"""Fixtures that every folder of tests may use."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from support.node import Node, node_with_packages
from support.running import Server, carpel_json, serving


@dataclass
class Account:
    """One workspace on a running server, with a key that may do everything."""

    server: Server
    data: Path
    workspace: str
    key: str
    project_key: str
    segments: dict[str, Any] = field(default_factory=dict)

    def make_key(self, *permissions: str, allow_ip: str | None = None) -> str:
        """Another key of this workspace."""
        more = ["--allow-ip", allow_ip] if allow_ip else []
        made = carpel_json("key", "create", "--name", "k", "-p", *permissions, *more,
                           "-w", self.workspace, "--data", self.data)  # fmt: skip
        secret: str = made["key"]
        return secret

    def settle(self) -> None:
        """Wait until everything sent so far is applied and counted."""
        self.native("/contacts?wait=applied", {"external_id": "u0"})

    def native(self, path: str, body: Any = None) -> Any:
        """A call of the own API that must succeed."""
        answer = (
            self.server.get(f"/api/v1{path}", self.key)
            if body is None
            else self.server.post(f"/api/v1{path}", self.key, body)
        )
        assert answer.status_code < 300, answer.text
        return answer.json()


PEOPLE = [
    {"external_id": f"u{n}", "email": f"U{n}@example.com",
     "fields": {"first_name": f"N{n}", "age": n, "city": "Rome" if n % 2 else "Oslo"}}
    for n in range(60)
]  # fmt: skip

SEGMENTS = (
    {"name": "Everyone", "sql": "TRUE", "tags": ["all"], "teams": ["CRM"], "note": "My own words",
     "analytics": True},
    {"name": "Romans", "sql": "city = 'Rome'", "tags": ["city", "it"]},
    {"name": "Grown", "sql": "age >= 18", "list": "Readers"},
    {"name": "Grown Romans", "sql": "city = 'Rome' AND age >= 18", "list": "Writers"},
)  # fmt: skip


def open_account(server: Server, data: Path, workspace: str) -> Account:
    if workspace != "default":
        carpel_json("workspace", "create", workspace, "--data", data)
    found = {one["name"]: one for one in carpel_json("workspace", "list", "--data", data)}
    account = Account(server, data, workspace, "", found[workspace]["project_key"])
    account.key = account.make_key("*")
    return account


@pytest.fixture(scope="session")
def node() -> Node:
    """Node with the vendors' npm packages."""
    return node_with_packages()


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path]]:
    """A server that the tests of one process share; each workspace is its own world."""
    data = tmp_path_factory.mktemp("served") / "data"
    with serving(data) as server:
        yield server, data


_numbers = itertools.count(1)


def _workspace_for(request: pytest.FixtureRequest) -> str:
    """A name of its own each time: a worker comes back to a module when it takes over its tests."""
    module = request.module.__name__.replace(".", "-")[-80:]
    return f"{module}-{next(_numbers)}"


@pytest.fixture(scope="module")
def account(served: tuple[Server, Path], request: pytest.FixtureRequest) -> Account:
    """A workspace of this module's own, with a few people, two lists and four segments."""
    server, data = served
    opened = open_account(server, data, _workspace_for(request))
    for name in ("Readers", "Writers"):
        opened.native("/lists", {"name": name})
    people = [
        {**one, "lists": ["Readers"] if place < 30 else []} for place, one in enumerate(PEOPLE)
    ]
    opened.native("/contacts?wait=applied", people)
    for segment in SEGMENTS:
        made = opened.native("/segments", segment)
        opened.segments[made["name"]] = made
    return opened


@pytest.fixture(scope="module")
def stranger(served: tuple[Server, Path], request: pytest.FixtureRequest) -> Account:
    """Another workspace on the same server, with a segment of its own."""
    server, data = served
    opened = open_account(server, data, _workspace_for(request))
    opened.segments["Secret"] = opened.native("/segments", {"name": "Secret", "sql": "TRUE"})
    return opened
