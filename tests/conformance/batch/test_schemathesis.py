"""Schemathesis against the vendor's own OpenAPI, and against the one that the door serves.

Valid requests must be accepted and wrong ones refused, without errors of ours and with answers that
fit the documents (issue 3, "must show" 1).
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from conftest import Account
from support.batch import Project
from support.running import SHARED, environment

SEED = SHARED / "contracts" / "specs" / "batch" / "openapi-segments-list.json"
CASES = 40


def run(project: Project, document: Path, folder: Path, *more: str) -> None:
    """`st run`, all checks, requests meant to be right and requests meant to be wrong."""
    given = {
        "SCHEMATHESIS_HOOKS": "schemathesis_hooks",
        "PYTHONPATH": str(Path(__file__).parent),
        "AUDIENCES_CREATE": project.url("/audiences/create"),
        "AUDIENCES_HEADERS": json.dumps(project.headers),
    }
    for listing, path in (("EXPORTS", "/exports/list"), ("AUDIENCES", "/audiences/list")):
        given[f"CURSOR_{listing}"] = project.get(path, limit=1).json()["next_from"]
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", str(document),
        "--url", project.url(""), "--checks", "all", "--mode", "all",
        "--phases", "examples,coverage,fuzzing", "--max-examples", str(CASES), "--seed", "1",
        "--warnings", "off", "--suppress-health-check", "all", "--no-color", *more,
    ]  # fmt: skip
    for name, value in project.headers.items():
        command += ["--header", f"{name}: {value}"]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env=environment(given),
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "No issues found" in done.stdout, done.stdout[-6000:]


@pytest.fixture(scope="module")
def project(account: Account) -> Project:
    found = Project(account)
    for _ in range(2):
        found.export(identifiers=["custom_id"])
    return found


@pytest.mark.skipif(not SEED.exists(), reason="the vendor's OpenAPI lies beside the project")
def test_the_vendors_document_holds(project: Project, tmp_path: Path) -> None:
    run(project, SEED, tmp_path)


def test_the_doors_own_document_holds(project: Project, tmp_path: Path) -> None:
    document = tmp_path / "batch.json"
    document.write_text(httpx.get(project.account.server.url + "/openapi/batch.json").text)
    assert json.loads(document.read_text())["openapi"] == "3.1.0"
    run(project, document, tmp_path)
