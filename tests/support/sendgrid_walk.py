"""Every operation of SendGrid's door once, through whichever client; and which were asked for."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from carpel.surfaces.sendgrid.operations import OPERATIONS
from carpel.surfaces.wire.routing import Found, Table

Ask = Callable[[str, str, Any, dict[str, Any]], tuple[int, Any]]
ALL = "SELECT contact_id, updated_at FROM contact_data"
NOWHERE = "00000000-0000-4000-8000-000000000000"
PUBLIC_KEY = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+"
    "2fNNRaINXvVpiglSI8eNEc6wEA3F+g=="
)


@dataclass
class Walk:
    """One walk; `name` keeps its lists and segments apart from another's."""

    name: str
    ask: Ask
    asked: set[tuple[str, str]] = field(default_factory=set)
    _table: Any = field(default_factory=lambda: Table(OPERATIONS))

    def go(self, method: str, path: str, status: int, body: Any = None, **query: Any) -> Any:
        """One operation, which must answer so."""
        got, found = self.ask(method, path, body, query)
        assert got == status, (method, path, got, found)
        operation = self._table.find(method, path)
        assert isinstance(operation, Found)
        self.asked.add((operation.operation.method, operation.operation.path))
        return found

    def job(self, job_id: str) -> Any:
        for _ in range(1000):
            found = self.go("GET", f"/contacts/imports/{job_id}", 200)
            if found["status"] != "pending":
                return found
            time.sleep(0.02)
        raise AssertionError("the job does not end")

    def _exported(self, export_id: str) -> Any:
        for _ in range(1000):
            found = self.go("GET", f"/contacts/exports/{export_id}", 200)
            if found["status"] != "pending":
                return found
            time.sleep(0.02)
        raise AssertionError("the export does not end")

    def all_of_it(self) -> None:
        """Lists, fields, contacts, searches, segments, files, and the webhook's address."""
        target = self._lists()
        made = self._fields()
        contact = self._contacts(target, made)
        self._segments(target)
        self._files(target)
        self._endings(target, made, contact)

    def missed(self) -> set[tuple[str, str]]:
        """Operations that were not asked for; signed events need a signature, not a client."""
        every = {(one.method, one.path) for one in OPERATIONS if one.permission}
        return every - self.asked

    def _lists(self) -> str:
        made = self.go("POST", "/lists", 201, {"name": f"{self.name} list"})
        listed = self.go("GET", "/lists", 200, page_size=1000)["result"]
        assert made["id"] in [one["id"] for one in listed]
        path = f"/lists/{made['id']}"
        assert self.go("GET", path, 200, contact_sample=True)["contact_sample"] is None
        renamed = self.go("PATCH", path, 200, {"name": f"{self.name} people"})
        assert renamed["name"] == f"{self.name} people"
        found: str = made["id"]
        return found

    def _fields(self) -> str:
        body = {"name": f"{self.name}_field", "field_type": "Text"}
        made: str = self.go("POST", "/field_definitions", 200, body)["id"]
        custom = self.go("GET", "/field_definitions", 200)["custom_fields"]
        assert made in [one["id"] for one in custom]
        self.go("PATCH", f"/field_definitions/{made}", 200, {"name": f"{self.name}_value"})
        return made

    def _contacts(self, target: str, made: str) -> str:
        email = f"{self.name}@example.com"
        people = [
            {"email": email, "external_id": self.name, "custom_fields": {made: "x"}},
            {"email": f"second.{email}"},
        ]
        job = self.go("PUT", "/contacts", 202, {"list_ids": [target], "contacts": people})
        assert self.job(job["job_id"])["results"]["created_count"] == 2
        found = self.go("POST", "/contacts/search", 200, {"query": f"email = '{email}'"})
        contact = found["result"][0]
        path = f"/contacts/{contact['id']}"
        assert self.go("GET", path, 200) == contact
        assert contact["custom_fields"][f"{self.name}_value"] == "x"
        asked = {"emails": [email]}
        by_email = self.go("POST", "/contacts/search/emails", 200, asked)["result"]
        assert by_email[email]["contact"] == contact
        asked = {"identifiers": [self.name]}
        by_id = self.go("POST", "/contacts/search/identifiers/external_id", 200, asked)["result"]
        assert by_id[self.name]["contact"] == contact
        batch = self.go("POST", "/contacts/batch", 200, {"ids": [contact["id"]]})
        assert batch["result"] == [contact]
        assert self.go("GET", "/contacts/count", 200)["contact_count"] >= 2
        assert contact["id"] in [one["id"] for one in self.go("GET", "/contacts", 200)["result"]]
        counted = self.go("GET", f"/lists/{target}/contacts/count", 200)
        assert counted["contact_count"] == 2
        taken = {"identifier_type": "EXTERNALID", "identifier_value": self.name}
        job = self.go("DELETE", f"{path}/identifiers", 202, taken)
        assert self.job(job["job_id"])["status"] == "completed"
        job = self.go("DELETE", f"/lists/{target}/contacts", 202, contact_ids=contact["id"])
        assert self.job(job["job_id"])["status"] == "completed"
        event = {"email": email, "event": "open", "timestamp": 1780315200}
        assert self.go("POST", "/event_webhook", 200, [event])["accepted"] == 1
        found_id: str = contact["id"]
        return found_id

    def _segments(self, target: str) -> None:
        body: dict[str, Any] = {"name": f"{self.name} segment", "query_dsl": ALL}
        made = self.go("POST", "/segments/2.0", 201, {**body, "parent_list_ids": [target]})
        other = self.go("POST", "/segments/2.0", 201, {**body, "name": f"{self.name} other"})
        query = {"ids": [made["id"], other["id"]], "no_parent_list_id": True}
        for path in ("/segments/2.0", "/segments"):
            assert len(self.go("GET", path, 200, **query)["results"]) == 2
            listed = self.go("GET", path, 200, parent_list_ids=f"{target},{NOWHERE}")["results"]
            assert [one["id"] for one in listed] == [made["id"]]
        path = f"/segments/2.0/{made['id']}"
        assert self.go("GET", path, 200, contacts_sample=True)["contacts_count"] == 1
        old = self.go("GET", f"/segments/{made['id']}", 200, query_json=True)
        assert old["query_json"]
        self.go("PATCH", path, 429, {"name": "Too soon"})
        zone = {"user_time_zone": "Europe/Rome"}
        self.go("POST", f"/segments/2.0/refresh/{made['id']}", 202, zone)
        self.go("POST", "/segments", 405, {"name": "Old", "query_dsl": "city = 'Rome'"})
        self.go("PATCH", f"/segments/{made['id']}", 405, {"name": "Old"})
        self.go("DELETE", path, 202)
        self.go("DELETE", f"/segments/{other['id']}", 202)
        third = self.go("POST", "/segments/2.0", 201, {**body, "name": f"{self.name} third"})
        self.go("POST", "/segments/delete", 202, {"ids": [third["id"]]})

    def _files(self, target: str) -> None:
        body = {"file_type": "csv", "field_mappings": ["_rf2_T"], "list_ids": [target]}
        link = self.go("PUT", "/contacts/imports", 200, body)
        content = f"email\nfile.{self.name}@example.com\n".encode()
        headers = {one["header"]: one["value"] for one in link["upload_headers"]}
        assert httpx.put(link["upload_uri"], content=content, headers=headers).status_code == 200
        assert self.job(link["job_id"])["results"]["created_count"] == 1
        made = self.go("POST", "/contacts/exports", 202, {"list_ids": [target]})
        found = self._exported(made["id"])
        assert (found["status"], found["contact_count"]) == ("ready", 2)
        listed = self.go("GET", "/contacts/exports", 200)["result"]
        assert made["id"] in [one["id"] for one in listed]

    def _endings(self, target: str, made: str, contact: str) -> None:
        opened = self.go("PUT", "/event_webhook", 200, {"public_key": PUBLIC_KEY})
        assert self.go("GET", "/event_webhook", 200) == opened
        self.go("DELETE", "/event_webhook", 204)
        job = self.go("DELETE", "/contacts", 202, ids=contact)
        assert self.job(job["job_id"])["results"]["deleted_count"] == 1
        self.go("DELETE", f"/field_definitions/{made}", 204)
        self.go("DELETE", f"/lists/{target}", 200, delete_contacts=True)
        self.go("GET", f"/lists/{target}", 404)
