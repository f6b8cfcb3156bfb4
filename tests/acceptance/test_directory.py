"""The data directory: its format, its backups, and a server's beginning and end."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import httpx
import pytest

from carpel.client import ApiError
from carpel.storage.backup import unpack
from carpel.storage.columns import store
from support.inside import house
from support.running import carpel, carpel_json, serving

PEOPLE = "external_id,age\n" + "".join(f"p{n},{n}\n" for n in range(500))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "people.csv").write_text(PEOPLE)
    carpel("import", "contacts", tmp_path / "people.csv", "--data", tmp_path / "data")
    carpel("segment", "create", "old", "--sql", "age >= 250", "--data", tmp_path / "data")
    return tmp_path / "data"


def test_a_newer_format_is_refused_and_left_alone(data: Path) -> None:
    format_file = data / "format.json"
    known = json.loads(format_file.read_text())["format"]
    format_file.write_text(json.dumps({"format": known + 1}))
    before = {file: file.read_bytes() for file in data.rglob("*") if file.is_file()}
    for command in (["serve", "--port", "0"], ["segment", "list"]):
        told = carpel(*command, "--data", data, status=1).stderr
        assert f"has data format {known + 1}; this carpel knows formats up to {known}" in told
        assert "Nothing was changed" in told
    assert {file: file.read_bytes() for file in data.rglob("*") if file.is_file()} == before


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    told = carpel("segment", "list", "--data", tmp_path, status=1).stderr
    assert "is not a Carpel data directory" in told
    assert [file.name for file in tmp_path.iterdir()] == ["precious.txt"]


@pytest.mark.parametrize("served", [False, True])
def test_a_backup_brings_everything_back(data: Path, tmp_path: Path, *, served: bool) -> None:
    file = tmp_path / "carpel.backup"
    if served:
        with serving(data):
            carpel("backup", file, "--data", data)
            told = carpel("restore", file, "--data", data, status=1).stderr
            assert "is in use" in told
    else:
        carpel("backup", file, "--data", data)
    carpel("segment", "delete", "old", "--data", data)
    carpel("restore", file, "--data", tmp_path / "again")
    (segment,) = carpel_json("segment", "list", "--data", tmp_path / "again")
    assert (segment["name"], segment["count"]["value"]) == ("old", 250)
    carpel("verify", "--data", tmp_path / "again")
    assert "is not empty" in carpel("restore", file, "--data", data, status=1).stderr
    assert carpel_json("segment", "list", "--data", data) == []


def test_a_backup_is_made_while_somebody_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with house(tmp_path / "data") as home:
        home.segment("all", "external_id IS NOT NULL")
        home.put({"external_id": "a"})
        with home.service.engine.look_at(1, 1):
            home.put({"external_id": "b"})
            archive = b"".join(home.service.back_up())
        with home.service.engine.look_at(1, 1):
            home.put({"external_id": "c", "fields": {"age": 3}})  # a new column
            monkeypatch.setattr(store, "_TRIES", 2)
            with pytest.raises(ApiError) as refused:
                home.client.get("/backup")
            assert refused.value.status == 503
            assert refused.value.problem["code"] == "being_read"
        assert b"".join(home.service.back_up())
    (tmp_path / "archive").write_bytes(archive)
    unpack(tmp_path / "archive", tmp_path / "copy")
    with house(tmp_path / "copy") as copy:
        assert copy.members("all") == {"a", "b"}


def test_a_backup_is_one_moment_while_data_comes_in(data: Path, tmp_path: Path) -> None:
    """Each batch brings a pair; a backup never holds half of one."""
    key = carpel("key", "create", "--name", "k", "-p", "*", "-q", "--data", data).stdout.strip()
    enough = threading.Event()
    with serving(data) as server:

        def write() -> None:
            with httpx.Client(headers={"Authorization": f"Bearer {key}"}) as client:
                number = 0
                while not enough.is_set():
                    number += 1
                    pair = [{"external_id": f"{side}{number}", "fields": {"pair": number}}
                            for side in ("left", "right")]  # fmt: skip
                    client.post(server.url + "/api/v1/contacts", json=pair)

        writer = threading.Thread(target=write)
        writer.start()
        for number in range(3):
            carpel("backup", tmp_path / f"{number}.backup", "--data", data)
        enough.set()
        writer.join()
    for number in range(3):
        copy = tmp_path / f"copy{number}"
        carpel("restore", tmp_path / f"{number}.backup", "--data", copy)
        counts = [
            carpel_json(
                "segment", "preview", "--sql", f"external_id LIKE '{side}%'", "--data", copy
            )
            for side in ("left", "right")
        ]
        assert counts[0]["count"]["value"] == counts[1]["count"]["value"] > 0


@pytest.mark.parametrize("content", [b"", b"not a backup", b"\x28\xb5\x2f\xfd\x00\x00"])
def test_a_damaged_backup_makes_no_directory(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad").write_bytes(content)
    told = carpel("restore", tmp_path / "bad", "--data", tmp_path / "new", status=1).stderr
    assert "backup" in told
    assert "Traceback" not in told
    assert [file.name for file in tmp_path.iterdir()] == ["bad"]


def test_sigterm_ends_a_server_with_success(data: Path) -> None:
    with serving(data) as server:
        assert httpx.get(server.url + "/healthz").json() == {"status": "ok"}
        assert httpx.get(server.url + "/readyz").status_code == 200
        assert server.stop() == 0
    assert not (data / "server.json").exists()


def test_a_port_in_use_is_told(data: Path, tmp_path: Path) -> None:
    with serving(data) as server:
        port = server.url.rpartition(":")[2]
        told = carpel("serve", "--port", port, "--data", tmp_path / "other", status=1).stderr
        assert f"cannot listen on 127.0.0.1:{port}" in told
        assert "Traceback" not in told


def test_commands_work_after_a_server_was_killed(data: Path) -> None:
    with serving(data) as server:
        server.kill()
    assert len(carpel_json("segment", "list", "--data", data)) == 1
