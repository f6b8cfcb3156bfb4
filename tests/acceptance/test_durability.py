"""Nothing acknowledged is ever lost, and nothing is ever double, `kill -9` included."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest
from typing_extensions import override

from carpel.storage.columns import Columns
from carpel.storage.log import Log, LogDamaged, LogFull
from support.inside import house
from support.running import Server, carpel, carpel_json, environment, serving

PEOPLE = 30_000
EVERYONE = "external_id IS NOT NULL"
ONE_EACH = (
    "contact_id IN (SELECT contact_id FROM event_data WHERE event_type = 'seen' "
    "GROUP BY contact_id HAVING COUNT(*) = 1 AND SUM(properties.value) = 0.1)"
)
ANY = "contact_id IN (SELECT contact_id FROM event_data)"


def count(data: Path, sql: str) -> int:
    found = carpel_json("segment", "preview", "--sql", sql, "--data", data)
    value: int = found["count"]["value"]
    return value


def new_key(data: Path) -> str:
    made = carpel("key", "create", "--name", "t", "-p", "*", "--quiet", "--data", data)
    return made.stdout.strip()


class Writer(threading.Thread):
    """Posts contacts and an event for each, and remembers which were acknowledged."""

    def __init__(self, server: Server, key: str, number: int) -> None:
        super().__init__()
        self._client = httpx.Client(
            base_url=server.url + "/api/v1", headers={"Authorization": f"Bearer {key}"}, timeout=10
        )
        self._number = number
        self.contacts: set[str] = set()
        self.events: set[str] = set()

    @override
    def run(self) -> None:
        chance = random.Random(self._number)
        try:
            for batch in range(10_000):
                names = [f"w{self._number}-{batch}-{n}" for n in range(chance.randint(1, 40))]
                self._post("/contacts", [{"external_id": name} for name in names])
                self.contacts.update(names)
                self._post("/events", [event(name) for name in names])
                self.events.update(names)
        except httpx.HTTPError:
            return  # the server is gone

    def _post(self, path: str, body: Any) -> None:
        assert self._client.post(path, json=body).status_code == 202


def event(name: str) -> dict[str, Any]:
    return {"external_id": name, "event": "seen", "time": "2026-01-01", "event_id": name,
            "properties": {"value": 0.1}}  # fmt: skip


def everyone(server: Server, key: str, sql: str) -> set[str]:
    """External ids of all whom the condition fits."""
    name = f"probe {random.random()}"
    made = server.post("/api/v1/segments", key, {"name": name, "sql": sql}).json()
    found: set[str] = set()
    cursor = ""
    while True:
        path = f"/api/v1/segments/{made['id']}/members?limit=10000{cursor}"
        page = server.get(path, key).json()
        found |= {one["external_id"] for one in page["data"]}
        if not page["next_cursor"]:
            return found
        cursor = f"&cursor={page['next_cursor']}"


@pytest.mark.parametrize("seed", range(3))
def test_what_was_acknowledged_is_there_after_kill_9(tmp_path: Path, seed: int) -> None:
    data = tmp_path / "data"
    chance = random.Random(seed)
    carpel("segment", "create", "everyone", "--sql", EVERYONE, "--data", data)
    key = new_key(data)
    with serving(data) as server:
        writers = [Writer(server, key, number) for number in range(4)]
        for writer in writers:
            writer.start()
        enough = chance.randint(50, 3_000)
        while sum(len(writer.events) for writer in writers) < enough:
            writers[0].join(0.01)
        server.kill()
        for writer in writers:
            writer.join()
    contacts = set().union(*(writer.contacts for writer in writers))
    events = set().union(*(writer.events for writer in writers))
    assert len(events) >= enough
    with serving(data) as server:
        assert contacts <= everyone(server, key, EVERYONE)
        assert events <= everyone(server, key, ONE_EACH)
        # What was not acknowledged may be there or not, but never twice.
        assert everyone(server, key, ANY) == everyone(server, key, ONE_EACH)
        assert (
            server.post("/api/v1/events", key, [event(n) for n in sorted(events)]).status_code
            == 202
        )
        assert everyone(server, key, ANY) == everyone(server, key, ONE_EACH)
    carpel("verify", "--data", data)


def test_an_import_survives_the_death_of_its_server(tmp_path: Path) -> None:
    data = tmp_path / "data"
    people, events = tmp_path / "people.csv", tmp_path / "events.csv"
    people.write_text("external_id,score\n" + "".join(f"p{n},{n}.25\n" for n in range(PEOPLE)))
    events.write_text("external_id,event,time,value\n" + "".join(
        f"p{n % 1000},buy,2026-01-01T00:00:{n % 60:02d}Z,0.10\n" for n in range(PEOPLE)))  # fmt: skip
    for kind, file in (("contacts", people), ("events", events)):
        _die_during(data, kind, file)
        done = carpel_json("import", kind, file, "--data", data)[0]
        assert done["created"] + done["unchanged"] == PEOPLE
        assert done["unchanged"] > 0, "the first import was to get some way"
    assert count(data, "score IS NOT NULL") == PEOPLE
    times = PEOPLE // 1000
    assert count(
        data,
        "contact_id IN (SELECT contact_id FROM event_data GROUP BY contact_id HAVING "
        f"COUNT(*) = {times} AND SUM(properties.value) = {times / 10})",
    ) == 1000  # fmt: skip


def _die_during(data: Path, kind: str, file: Path) -> None:
    """Import through a server, and kill the server when some of it is applied."""
    carpel("workspace", "list", "--data", data)
    key = new_key(data)
    sql = "score IS NOT NULL" if kind == "contacts" else ANY
    with serving(data) as server:
        command = [sys.executable, "-m", "carpel", "import", kind, str(file), "--data", str(data)]
        importing = subprocess.Popen(
            command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        preview = {"sql": sql}
        while True:
            answer = server.post("/api/v1/segments/preview", key, preview)
            if answer.status_code == 200 and answer.json()["count"]["value"] > 0:
                break
        server.kill()
        _, told = importing.communicate(timeout=60)
    assert importing.returncode == 1
    assert "Traceback" not in told


def test_a_crash_between_the_stores_is_made_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The people store has a batch that the columns never got: the outbox hands it over."""
    data = tmp_path / "data"
    with house(data) as it:
        it.put({"external_id": "old", "fields": {"age": 1}})

        def crash(*_: object) -> None:
            raise OSError("the power went")

        monkeypatch.setattr(Columns, "apply", crash)
        opened = {"event": "open", "time": "2026-01-01"}
        it.client.post(
            "/events", [{**opened, "external_id": "old"}, {**opened, "external_id": "new"}]
        )
    monkeypatch.undo()
    with house(data) as it:
        it.segment("opened", ANY)
        assert it.members("opened") == {"old", "new"}
        it.segment("everyone", EVERYONE)
        assert it.members("everyone") == {"old", "new"}
        assert it.client.get("/contacts/old")["fields"] == {"age": 1}


def records(log: Log, seq: int = 0) -> list[bytes]:
    return [one.body for one in log.read_after(seq)]


def open_log(folder: Path) -> Log:
    return Log(folder, lambda _: None)


def test_a_torn_record_at_the_end_of_the_log_is_cut_off(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    for body in (b"one", b"two"):
        log.append(body).result()
    log.close()
    (file,) = tmp_path.glob("*.log")
    whole = file.read_bytes()
    for cut in range(1, 19):
        file.write_bytes(whole + whole[:cut])
        log = open_log(tmp_path)
        assert records(log) == [b"one", b"two"]
        assert log.append(b"three").result() == 3
        log.close()
        log = open_log(tmp_path)
        assert records(log) == [b"one", b"two", b"three"]
        log.close()


def test_a_log_with_a_hole_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("carpel.storage.log.log._FILE_BYTES", 1)
    log = open_log(tmp_path)
    for body in (b"one", b"two", b"three"):
        log.append(body).result()
    assert records(log) == [b"one", b"two", b"three"]
    log.drop_through(1)
    assert records(log) == [b"two", b"three"]
    log.close()
    files = sorted(tmp_path.glob("*.log"))
    damaged = bytearray(files[0].read_bytes())
    damaged[-1] ^= 1
    files[0].write_bytes(damaged)
    with pytest.raises(LogDamaged):
        open_log(tmp_path)


def test_a_store_that_lost_its_last_commits_is_brought_up_to_date(tmp_path: Path) -> None:
    """When the machine dies, people.sqlite may lose what the log and the columns still have."""
    data, copy = tmp_path / "data", tmp_path / "copy"
    with house(data) as it:
        it.put({"external_id": "a", "fields": {"age": 1}})
    shutil.copytree(data, copy)
    with house(data) as it:
        it.happen(*(event(f"b{n}") for n in range(5)))
        it.put({"external_id": "a", "fields": {"age": 2}}, {"external_id": "c"})
    (data / "people.sqlite").unlink()
    shutil.copy(copy / "people.sqlite", data)
    with house(data) as it:
        it.happen(event("b0"), event("new"))
        it.segment("one each", ONE_EACH)
        assert it.members("one each") == {*(f"b{n}" for n in range(5)), "new"}
        it.segment(
            "any",
            "contact_id IN (SELECT contact_id FROM event_data GROUP BY contact_id HAVING COUNT(*) > 1)",
        )
        assert it.members("any") == set()
        it.segment("two", "age = 2 OR external_id = 'c'")
        assert it.members("two") == {"a", "c"}


def test_nothing_is_acknowledged_before_it_is_flushed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a kill cannot show, a power cut would: the disk has it before the caller hears."""
    flushing, go_on = threading.Event(), threading.Event()

    def flush(_: int) -> None:
        flushing.set()
        assert go_on.wait(10)

    log = open_log(tmp_path)
    monkeypatch.setattr("carpel.storage.log.log.os.fdatasync", flush)
    done = log.append(b"one")
    assert flushing.wait(10)
    assert not done.done()
    go_on.set()
    assert done.result(10) == 1
    log.close()


def test_a_full_disk_refuses_and_keeps_what_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = open_log(tmp_path)
    log.append(b"one").result()
    written = os.write

    def full(stream: int, data: bytes) -> int:
        written(stream, bytes(data)[:5])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("carpel.storage.log.log.os.write", full)
        with pytest.raises(LogFull, match="No space left"):
            log.append(b"two").result()
    assert log.append(b"three").result() == 2
    log.close()
    log = open_log(tmp_path)
    assert records(log) == [b"one", b"three"]
    log.close()
