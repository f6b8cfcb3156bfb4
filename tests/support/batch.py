"""A caller of Batch's door."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

import httpx

from conftest import Account

CHECK_AGAIN_S = 0.02


@dataclass
class Project:
    """One project as its team calls it."""

    account: Account
    version: str = "2.11"

    @property
    def headers(self) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self.account.key}",
            "X-Batch-Project": self.account.project_key,
        }

    def url(self, path: str) -> str:
        return f"{self.account.server.url}/{self.version}{path}"

    def get(self, path: str, **query: Any) -> httpx.Response:
        return self.account.server.client.get(self.url(path), headers=self.headers, params=query)

    def post(self, path: str, body: Any) -> httpx.Response:
        return self.account.server.client.post(self.url(path), headers=self.headers, json=body)

    def update(self, *items: Any) -> Any:
        """`/profiles/update`, whatever is left out; returns when it is applied."""
        answer = self.post("/profiles/update", list(items))
        assert answer.status_code == 202, answer.text
        self.settle()
        return answer.json()

    def settle(self) -> None:
        """Everything sent so far is applied."""
        self.account.settle()

    def profile(self, custom_id: str) -> Any:
        """The contact as the own API shows it."""
        return self.account.native(f"/contacts/{custom_id}")

    def export(self, **request: Any) -> Any:
        """`/profiles/export`, waited for; returns the export as shown."""
        answer = self.post("/profiles/export", {"export_type": "ATTRIBUTES", **request})
        assert answer.status_code == 202, answer.text
        return self.wait_for(answer.json()["id"])

    def wait_for(self, export_id: str) -> Any:
        """The export as shown once it is finished."""
        while True:
            shown = self.get("/exports/view", id=export_id).json()
            if shown["status"] in ("SUCCESS", "ERROR"):
                return shown
            time.sleep(CHECK_AGAIN_S)  # as its clients do

    def lines(self, shown: Any) -> list[Any]:
        """All profiles of an export, its files fetched as clients do: without a key."""
        texts = [httpx.get(file["url"]).text for file in shown["files"]]
        return [json.loads(line) for text in texts for line in text.splitlines()]


def refused(answer: httpx.Response, status: int, code: str) -> str:
    """It is Batch's error of this status and code; returns the message."""
    assert (answer.status_code, answer.json().get("error_code")) == (status, code), answer.text
    assert set(answer.json()) == {"error_message", "error_code"}
    assert answer.headers["content-type"] == "application/json"
    message: str = answer.json()["error_message"]
    return message
