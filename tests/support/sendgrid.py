"""A caller of SendGrid's door over real HTTP, whose answers are checked against the vendor's files."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from carpel.app.front import Front
from carpel.app.service import Service
from carpel.client import InsideTransport
from carpel.kit.clock import SteppedClock
from carpel.settings import Settings
from support.inside import TOKEN, instant
from support.sendgrid_openapi import check

PREFIX = "/v3/marketing"
CHECK_AGAIN_S = 0.02


@dataclass
class Caller:
    """Someone with a key. Every answer is JSON or empty, and as the specification has it."""

    http: httpx.Client
    last: httpx.Response | None = field(default=None)

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> httpx.Response:
        """One request; `path` without the prefix."""
        more = {} if body is None else {"json": body}
        self.last = self.http.request(method, PREFIX + path, params=query or None, **more)
        parsed = self.last.json() if self.last.content else None
        check(method, PREFIX + path.partition("?")[0], self.last.status_code, parsed)
        return self.last

    def get(self, path: str, status: int = 200, **query: Any) -> Any:
        return self._body(self.ask("GET", path, **query), status)

    def post(self, path: str, body: Any, status: int = 200) -> Any:
        return self._body(self.ask("POST", path, body), status)

    def put(self, path: str, body: Any, status: int = 202) -> Any:
        return self._body(self.ask("PUT", path, body), status)

    def patch(self, path: str, body: Any, status: int = 200) -> Any:
        return self._body(self.ask("PATCH", path, body), status)

    def delete(self, path: str, status: int = 204, body: Any = None, **query: Any) -> Any:
        return self._body(self.ask("DELETE", path, body, **query), status)

    def job(self, job_id: str) -> Any:
        """A job's status once it is finished."""
        for _ in range(1500):
            found = self.get(f"/contacts/imports/{job_id}")
            if found["status"] != "pending":
                return found
            time.sleep(CHECK_AGAIN_S)
        raise AssertionError(f"job {job_id} does not end")

    def upsert(self, *contacts: Any, lists: list[str] | None = None) -> Any:
        """Contacts written, and the job that says so."""
        body: dict[str, Any] = {"contacts": list(contacts)}
        if lists:
            body["list_ids"] = lists
        return self.job(self.put("/contacts", body)["job_id"])

    def search(self, query: str) -> Any:
        return self.post("/contacts/search", {"query": query})

    def found(self, query: str) -> list[str]:
        """E-mail addresses of the contacts that a query finds."""
        return sorted(one["email"] for one in self.search(query)["result"])

    def make_list(self, name: str) -> str:
        made: str = self.post("/lists", {"name": name}, 201)["id"]
        return made

    def make_segment(self, name: str, query: str, **more: Any) -> Any:
        return self.post("/segments/2.0", {"name": name, "query_dsl": query, **more}, 201)

    def _body(self, answer: httpx.Response, status: int) -> Any:
        assert answer.status_code == status, (answer.status_code, answer.text)
        return answer.json() if answer.content else None


@contextmanager
def calling(url: str, key: str) -> Iterator[Caller]:
    """Someone with a key at a running server."""
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
        yield Caller(client)


@dataclass
class Office:
    """The product within the process, on a clock that the test steps, with a caller."""

    service: Service
    clock: SteppedClock
    sendgrid: Caller
    own: httpx.Client


@contextmanager
def office(data: Path, start: str = "2026-06-01T12:00:00Z", **settings: Any) -> Iterator[Office]:
    """The product on a directory with SendGrid's door set as asked."""
    clock = SteppedClock(instant(start))
    chosen = Settings(data=data, **{"rate_limits": False, **settings})
    service = Service.open(chosen, clock)
    transport = InsideTransport(Front(service, chosen, TOKEN))
    try:
        workspace = service.workspaces.read("default")
        _, key = service.keys.create(workspace, "test", ["*"])
        client = httpx.Client(
            transport=transport,
            base_url="http://carpel",
            headers={"Authorization": f"Bearer {key}"},
        )
        with client:
            yield Office(service, clock, Caller(client), client)
    finally:
        service.close()
