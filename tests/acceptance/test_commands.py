"""The command line, on a directory by itself and beside a running server."""

from __future__ import annotations

import csv
import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from support.running import carpel, carpel_json, environment, serving

PEOPLE = "external_id,email,age,city\n" + "".join(
    f"p{n},p{n}@example.com,{n},{'Rome' if n % 2 else 'Oslo'}\n" for n in range(10)
)


@pytest.fixture(params=["alone", "beside a server"])
def data(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "data"
    (tmp_path / "people.csv").write_text(PEOPLE)
    if request.param == "alone":
        yield folder
        return
    with serving(folder):
        yield folder


def test_a_day_with_the_command_line(data: Path, tmp_path: Path) -> None:
    carpel("import", "contacts", tmp_path / "people.csv", "--list", "Firsts", "--data", data)
    made = carpel("segment", "create", "Rome, grown", "--sql", "city = 'Rome' AND age >= 5",
                  "--tag", "a", "--tag", "b", "--team", "t", "--note", "for Ann", "--list", "Firsts",
                  "--analytics", "--data", data)  # fmt: skip
    segment_id = made.stdout.strip()
    (listed,) = carpel_json("segment", "list", "--data", data)
    assert listed["id"] == segment_id
    assert listed["code"] == "ROME-GROWN"
    assert (listed["tags"], listed["teams"], listed["note"]) == (["a", "b"], ["t"], "for Ann")
    assert listed["analytics"]
    assert listed["count"]["value"] == 3
    assert listed["count"]["exact"]
    for ref in (segment_id, "ROME-GROWN", "Rome, grown"):
        assert carpel_json("segment", "show", ref, "--data", data)["id"] == segment_id
    edited = carpel_json("segment", "edit", "ROME-GROWN", "--sql", "city = 'Rome'", "--code", "ROME",
                         "--list", "", "--data", data)  # fmt: skip
    assert (edited["count"]["value"], edited["version"], edited["list"]) == (5, 2, None)
    carpel("segment", "archive", "ROME", "--data", data)
    assert carpel_json("segment", "list", "--data", data) == []
    assert len(carpel_json("segment", "list", "--archived", "--data", data)) == 1
    carpel("segment", "restore", "ROME", "--data", data)
    shown = carpel("segment", "list", "--data", data).stdout
    assert "Rome, grown" in shown
    assert " 5 " in shown
    why = carpel("segment", "explain", "ROME", "p2@example.com", "--data", data).stdout
    assert "not in" in why
    assert "city = Oslo" in why
    carpel("segment", "delete", "ROME", "--data", data)
    assert "no segment" in carpel("segment", "show", "ROME", "--data", data, status=1).stderr


@pytest.mark.parametrize("suffix", ["csv", "ndjson", "parquet"])
def test_members_are_written_to_a_file(data: Path, tmp_path: Path, suffix: str) -> None:
    carpel("import", "contacts", tmp_path / "people.csv", "--data", data)
    carpel("segment", "create", "odd", "--sql", "city = 'Rome'", "--data", data)
    out = tmp_path / f"members.{suffix}"
    carpel("segment", "members", "odd", "--out", out, "--data", data)
    if suffix == "parquet":
        rows = pq.read_table(out).to_pylist()
    elif suffix == "csv":
        rows = list(csv.DictReader(out.read_text().splitlines()))
    else:
        rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert {row["external_id"] for row in rows} == {"p1", "p3", "p5", "p7", "p9"}
    assert {row["email"] for row in rows} == {f"p{n}@example.com" for n in (1, 3, 5, 7, 9)}
    assert list(tmp_path.glob("*.draft")) == []


def test_preview_tells_what_each_clause_keeps(data: Path, tmp_path: Path) -> None:
    carpel("import", "contacts", tmp_path / "people.csv", "--data", data)
    found = carpel_json("segment", "preview", "--sql", "city = 'Rome' AND age < 4", "--data", data)
    assert found["count"]["value"] == 2
    assert [(one["sql"], one["count"]) for one in found["clauses"]] == [
        ("city = 'Rome'", 5), ("age < 4", 4),
    ]  # fmt: skip
    assert (
        "2 contacts"
        in carpel("segment", "preview", "--sql", "city = 'Rome' AND age < 4", "--data", data).stdout
    )


def test_keys_are_made_listed_and_revoked(data: Path) -> None:
    quiet = carpel("key", "create", "--name", "one", "--permission", "segments.list",
                   "segments.details", "--permission", "batch", "--allow-ip", "10.0.0.0/8",
                   "--quiet", "--data", data)  # fmt: skip
    secret = quiet.stdout.strip()
    assert len(secret) >= 40
    (key,) = carpel_json("key", "list", "--data", data)
    assert key["permissions"] == ["batch", "segments.details", "segments.list"]
    assert key["allow_ips"] == ["10.0.0.0/8"]
    assert secret not in json.dumps(key)
    carpel("key", "revoke", key["id"], "--data", data)
    assert carpel_json("key", "list", "--data", data)[0]["revoked_at"]
    told = carpel("key", "create", "--name", "x", "-p", "segments.lst", "--data", data, status=1)
    assert "did you mean segments.list?" in told.stderr


def test_the_secret_is_stored_nowhere(tmp_path: Path) -> None:
    data = tmp_path / "data"
    secret = carpel("key", "create", "--name", "k", "-p", "*", "-q", "--data", data).stdout.strip()
    for file in data.rglob("*"):
        if file.is_file():
            assert secret.encode() not in file.read_bytes()


def test_workspaces_and_fields(data: Path) -> None:
    carpel("workspace", "create", "shop", "--project-key", "project_x", "--data", data)
    names = {one["name"]: one for one in carpel_json("workspace", "list", "--data", data)}
    assert set(names) == {"default", "shop"}
    assert names["shop"]["project_key"] == "project_x"
    carpel("workspace", "create", "shop", "--data", data, status=1)
    carpel("field", "create", "Lifetime value", "--type", "number", "-w", "shop", "--data", data)
    carpel(
        "field",
        "create",
        "lifetime VALUE",
        "--type",
        "text",
        "-w",
        "shop",
        "--data",
        data,
        status=1,
    )
    mine = {one["name"] for one in carpel_json("field", "list", "-w", "shop", "--data", data)}
    default = {one["name"] for one in carpel_json("field", "list", "--data", data)}
    assert mine - default == {"Lifetime value"}
    told = carpel("field", "list", "-w", "shpo", "--data", data, status=1)
    assert "no workspace 'shpo'" in told.stderr


REFUSED = {
    "frist_name = 'Bob'": (1, 1, 10, "did you mean first_name?"),
    "age >\n 'ten'": (1, 1, 12, "numbers are written without quotes"),
    "city = 'Rome": (1, 8, 1, "end it with '"),
    "DROP TABLE contact_data": (1, 1, 4, "for example"),
    "SELECT contact_id FROM users": (1, 24, 5, None),
    "city = 'x'; DELETE FROM contact_data": (1, 13, 6, None),
    "age LIKE '1%'": (1, 1, 3, "compare it"),
}


@pytest.mark.parametrize(("sql", "place"), REFUSED.items(), ids=REFUSED)
def test_a_wrong_query_is_marked_where_it_is_wrong(
    data: Path, tmp_path: Path, sql: str, place: tuple[int, int, int, str | None]
) -> None:
    line, column, length, hint = place
    carpel("import", "contacts", tmp_path / "people.csv", "--data", data)
    told = carpel("segment", "create", "x", "--sql", sql, "--data", data, status=1).stderr
    lines = told.splitlines()
    gutter = f"{line:>4} | "
    marked = lines.index(gutter + sql.splitlines()[line - 1])
    under = lines[marked + 1]
    assert under.index("^") == len(gutter) + column - 1
    assert under.count("^") == min(length, len(sql.splitlines()[line - 1]) - column + 1)
    assert hint is None or hint in told
    assert "Traceback" not in told
    assert carpel_json("segment", "list", "--data", data) == []


def test_wrong_usage_is_status_two(tmp_path: Path) -> None:
    for arguments in (["segment", "create", "x"], ["segment", "nonsense"], ["import", "contacts"],
                      ["serve", "--port", "x"], ["field", "create", "f", "--type", "json"]):  # fmt: skip
        carpel(*arguments, "--data", tmp_path / "data", status=2)
    told = carpel("config", "--data", tmp_path, status=2, variables={"CARPEL_PORT": "high"})
    assert "CARPEL_PORT: port is a whole number, not 'high'" in told.stderr


def test_settings_come_from_flag_then_variable_then_file(tmp_path: Path) -> None:
    (tmp_path / "carpel.toml").write_text('port = 1111\nhost = "0.0.0.0"\nlog_level = "info"\n')
    command = [sys.executable, "-m", "carpel", "config", "--data", "there", "--json"]
    variables = environment({"CARPEL_PORT": "2222", "CARPEL_DATA": "elsewhere"})
    done = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, check=True)
    found = json.loads(done.stdout)
    assert found["data"] == {"value": "there", "source": "flag"}
    assert found["port"] == {"value": 2222, "source": "environment"}
    assert found["host"] == {"value": "0.0.0.0", "source": "file"}  # noqa: S104
    assert found["threads"]["source"] == "default"
    (tmp_path / "carpel.toml").write_text("prot = 1\n")
    wrong = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, check=False)
    assert wrong.returncode == 2
    assert b"there is no setting 'prot'" in wrong.stderr


def test_help_version_and_completion() -> None:
    assert carpel("--version").stdout.startswith("carpel, version ")
    for command in ("serve", "demo", "segment", "import", "verify", "backup", "restore", "config"):
        assert "Usage: carpel" in carpel(command, "--help").stdout
    for shell in ("bash", "zsh", "fish"):
        assert "_CARPEL_COMPLETE" in carpel("completion", shell).stdout


def test_two_commands_do_not_write_one_directory_at_once(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(data):
        told = carpel("serve", "--data", data, "--port", "0", status=1).stderr
        assert "is in use by another carpel process" in told


def test_a_terminal_sees_a_bar_and_a_pipe_does_not(tmp_path: Path) -> None:
    rows = "".join(f"e{n},x,2026-01-01,{n}.5\n" for n in range(60_000))
    (tmp_path / "e.csv").write_text("external_id,event,time,v\n" + rows)
    command = [sys.executable, "-m", "carpel", "import", "events", "e.csv", "--data"]
    quiet = subprocess.run(
        [*command, "one"], cwd=tmp_path, env=environment(), capture_output=True, check=True
    )
    assert b"\r" not in quiet.stderr
    assert b"\x1b" not in quiet.stderr
    leader, follower = pty.openpty()
    terminal = environment({"TERM": "xterm", "COLUMNS": "80"})
    shown = subprocess.Popen([*command, "two"], cwd=tmp_path, env=terminal, stderr=follower,
                             stdout=subprocess.DEVNULL)  # fmt: skip
    os.close(follower)
    seen = b""
    while True:
        try:
            piece = os.read(leader, 4096)
        except OSError:
            break
        if not piece:
            break
        seen += piece
    assert shown.wait() == 0
    os.close(leader)
    assert b"importing" in seen or b"looking through" in seen
