"""Schemathesis against the document that the door serves: no request ends in an error of ours."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx

from conftest import Account
from support.running import environment
from support.sendgrid import Caller

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)
CASES = 3  # for each operation and phase; ten times as many found nothing more


def test_right_and_wrong_requests_are_answered_as_described(
    account: Account, sendgrid: Caller, tmp_path: Path
) -> None:
    sendgrid.upsert({"email": "someone@example.com"}, lists=[sendgrid.make_list("Somewhere")])
    url = account.server.url
    document = tmp_path / "sendgrid.json"
    document.write_text(httpx.get(url + "/openapi/sendgrid.json").text)
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", str(document),
        "--url", f"{url}/v3/marketing", "--header", f"Authorization: Bearer {account.key}",
        "--checks", ",".join(CHECKS),
        "--mode", "all", "--phases", "examples,coverage,fuzzing", "--max-examples", str(CASES),
        "--seed", "1", "--warnings", "off", "--suppress-health-check", "all", "--no-color",
    ]  # fmt: skip
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=tmp_path, env=environment()
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "No issues found" in done.stdout
