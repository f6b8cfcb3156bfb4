"""The description at /openapi.json: what it says holds, as Schemathesis tries it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from conftest import Account
from support.running import carpel, environment, serving

HERE = Path(__file__).parent / "described"
EXAMPLES = os.environ.get("CARPEL_TEST_EXAMPLES", "3")


def test_what_the_description_says_holds(tmp_path: Path) -> None:
    """All checks and phases. A backup is not asked for: it is told to commands only."""
    data = tmp_path / "data"
    for name, kind in (("age", "number"), ("mail", "text")):
        carpel("field", "create", name, "--type", kind, "--data", data)
    key = carpel("key", "create", "--name", "k", "-p", "*", "-q", "--data", data).stdout.strip()
    with serving(data, {"CARPEL_WEBHOOKS_PRIVATE": "on"}) as server:
        done = subprocess.run(
            [
                Path(sys.executable).parent / "schemathesis",
                "--config-file", HERE / "schemathesis.toml",
                "run", f"{server.url}/openapi.json",
                "-H", f"Authorization: Bearer {key}",
                "-n", EXAMPLES, "--seed", "7", "--exclude-path", "/api/v1/backup",
            ],
            cwd=tmp_path,
            env=environment({"SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HERE)}),
            capture_output=True,
            text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-20_000:]
        assert httpx.get(f"{server.url}/readyz").status_code == 200


@pytest.mark.parametrize("path", ["/openapi.json", "/docs"])
def test_the_description_is_open_to_everybody(account: Account, path: str) -> None:
    answer = httpx.get(account.server.url + path)
    assert answer.status_code == 200
    assert "http://" not in answer.text.replace("http://www.w3.org", "")
    assert "/api/v1/segments/{segment}/members" in answer.text
    assert httpx.post(account.server.url + path).status_code == 405
