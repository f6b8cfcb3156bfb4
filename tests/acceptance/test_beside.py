"""Large bodies are read by a process beside the server: to the same end as without, and safely."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from support.running import Server, carpel, serving
from support.waiting import until

pytestmark = pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="looks into /proc")
LARGE = 10_000  # bytes, from which on a helper is asked
PAD = "x" * 60
TYPES = {"score": "number", "word": "text", "since": "date", "vip": "boolean", "tags": "text-list"}
CHANCE = ("id", "created_at", "updated_at", "entered_at")
NOBODY = "/events?known_only=true", [{"email": "nobody@x.org", "event": PAD}] * 200
WORKERS, TURNS, EACH = 4, 12, 60
Directory = tuple[Path, str]  # with a key
Pair = tuple["Served", "Served"]
Body = list[dict[str, Any]]
Bodies = list[tuple[str, Body]]


@dataclass
class Served:
    """A running server, and what is seen of its helper."""

    server: Server
    data: Path
    key: str
    has_helper: bool

    def call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        url, headers = f"{self.server.url}/api/v1{path}", {"Authorization": f"Bearer {self.key}"}
        return self.server.client.request(method, url, headers=headers, json=body)

    def post(self, path: str, body: Any) -> dict[str, Any]:
        """What is answered when all is right, without the record's number."""
        answer = self.call("POST", path, body)
        assert answer.is_success, answer.text
        return {name: value for name, value in answer.json().items() if name != "seq"}

    def refused(self, path: str, body: Body) -> dict[str, Any]:
        answer = self.call("POST", path, body)
        assert answer.status_code == 400
        return dict(answer.json())

    def beside(self, path: str, body: Body) -> dict[str, Any]:
        """The same of a large body that the helper reads, where there is one."""
        before, size = self.said(), len(msgspec.json.encode(body))
        assert size >= LARGE
        answer = self.post(path, body)
        until(lambda: (self.said() - before > size // 4) == self.has_helper)
        return answer

    def begin(self) -> None:
        """Return when the helper answers; nobody is meant in what it reads until then."""
        until(lambda: len(self.post(*NOBODY)) > 0 and self.said() > LARGE)

    def helpers(self) -> list[int]:
        """The processes beside whatever server there is, or was, on the directory."""
        found = []
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                words = file.read_bytes().split(b"\0")
                if b"carpel.app.beside" in words and bytes(self.data / "people.sqlite") in words:
                    found.append(int(file.parent.name))
        return found

    def said(self) -> int:
        """How many bytes they have written to the server."""
        return sum(int(Path(f"/proc/{one}/io").read_text().split()[3]) for one in self.helpers())

    def contacts(self, prefix: str) -> Body:
        """All those whose identifier begins like this, but for what is chance in them."""
        self.post("/contacts?wait=applied", {"external_id": "last"})
        names = {one["id"]: one["name"] for one in self.call("GET", "/lists").json()["data"]}
        found = self.call("GET", "/segments/all/members?limit=10000").json()["data"]
        mine = [one for one in found if who(one).startswith(prefix)]
        for one in mine:
            one["lists"] = [names[id_] for id_ in one["lists"]]
            for name in CHANCE:
                del one[name]
        return sorted(mine, key=who)

    def count(self, sql: str) -> int:
        return int(self.post("/segments/preview", {"sql": sql})["count"]["value"])


def who(contact: dict[str, Any]) -> str:
    return str(contact.get("external_id") or contact["email"])


@contextmanager
def served(data: Path, key: str, helpers: int) -> Iterator[Served]:
    with serving(data, {"CARPEL_HELPERS": str(helpers)}) as server:
        yield Served(server, data, key, helpers > 0)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Directory:
    """A data directory with a key, for one server after the other."""
    data = tmp_path_factory.mktemp("beside") / "data"
    made = carpel("key", "create", "--name", "t", "-p", "*", "--quiet", "--data", data)
    return data, made.stdout.strip()


@pytest.fixture(scope="module")
def pair(directory: Directory) -> Iterator[Pair]:
    """A server with a helper that has begun, and one without, with the same fields and lists."""
    data, key = directory
    copies = [shutil.copytree(data, data.with_name(name)) for name in ("with", "without")]
    with served(copies[0], key, 1) as one, served(copies[1], key, 0) as other:
        for either in (one, other):
            for name, of_type in TYPES.items():
                either.post("/fields", {"name": name, "type": of_type})
            either.post("/lists", {"name": "Readers"})
            either.post("/segments", {"name": "all", "sql": "TRUE"})
        one.begin()
        yield one, other


def person(number: int, **fields: Any) -> dict[str, Any]:
    """Some of them are in a list."""
    given = {"score": number / 8, "word": f"é {number}", "since": "2026-01-31T12:00:00+02:00",
             "vip": number % 3 == 0, "tags": ["a", f"t{number}", "a"]}  # fmt: skip
    return {"external_id": f"a{number}", "email": f" A{number}@Example.com",
            "fields": {**given, **fields}, "lists": ["Readers"][: number % 2]}  # fmt: skip


def happening(number: int, event_id: Any) -> dict[str, Any]:
    return {"external_id": f"a{number}", "event": "buy", "event_id": event_id, "source": "shop",
            "time": f"2026-02-01T00:00:{number % 60:02}Z",
            "properties": {"value": 0.1, "what": {"size": "12", "on": "2026-01-01"}}}  # fmt: skip


BODIES: Bodies = [
    ("/contacts", [person(n) for n in range(150)]),
    ("/contacts?wait=stored", [person(n, score=None, word="ü") for n in range(75, 225)] * 2),
    ("/contacts?wait=stored", [{"email": f"a{n}@example.com", "phone_number_id": f"a{n}",
                                "fields": {"tags": None, "word": PAD}} for n in range(0, 300, 2)]),
    ("/contacts?wait=applied", [{"anonymous_id": f"a{n}?", "external_id": f"a{n}", "email": None,
                                 "fields": {"word": PAD}} for n in range(0, 300, 3)]),
    ("/events?wait=stored", [happening(n, f"e{n % 140}") for n in range(150)]),
    ("/events?wait=stored", [happening(n, None) for n in range(100, 250)]),
    ("/events?wait=stored&known_only=true", [happening(n, n) for n in range(200, 350)]),
    ("/events?wait=applied&import=7", [happening(7, None)] * 150),
    ("/events?wait=applied&import=8", [happening(7, None)] * 150),
]  # fmt: skip
BOUGHT = "contact_id IN (SELECT contact_id FROM event_data WHERE event_type = 'buy'"
COUNTED = (
    f"{BOUGHT} GROUP BY contact_id HAVING COUNT(*) = 2 AND SUM(properties.value) = 0.2)",
    f"{BOUGHT} GROUP BY contact_id HAVING COUNT(*) = 151)",
    f"{BOUGHT} AND properties.what.on < '2026-01-02' AND properties.what.size > 9)",
)


def test_large_bodies_do_the_same_with_a_helper_and_without(pair: Pair) -> None:
    one, other = pair
    assert (len(one.helpers()), len(other.helpers())) == (1, 0)
    for path, body in BODIES:
        assert one.beside(path, body) == other.beside(path, body)
    assert one.contacts("a") == other.contacts("a") != []
    for sql in COUNTED:
        assert one.count(sql) == other.count(sql) > 0


def in_turn(worker: int, turn: int) -> Bodies:
    """Bodies that change whom those of the turn before have made and changed."""
    at, before = f"b{worker}-{turn}", f"b{worker}-{turn - 1}"
    old: Body = [{"external_id": f"{before}-{n}", "fields": {"score": turn}} for n in range(EACH)]
    new: Body = [{"external_id": f"{at}-{n}", "email": f"{at}-{n}@x.org"} for n in range(EACH)]
    mine, others = f"b{worker}-{turn % 2}", f"b{worker}-{1 - turn % 2}"
    address = {"email": f"b{worker}@x.org"}
    few: Body = [  # an address moves, and an unnamed contact of the turn before gets a name
        {"external_id": others, "email": None, "fields": {"score": -turn}},
        {"external_id": mine, **address, "fields": {"tags": [f"{turn}"]}},
        {**address, "fields": {"word": f"turn {turn}"}},
        {"email": f"{at}?@x.org", "fields": {"score": 1}},
        {"external_id": f"{before}!", "email": f"{before}?@x.org", "fields": {"vip": True}},
    ]
    people = [address, *({"email": one["email"]} for one in new)]
    events = [{**one, "event": "turn", "properties": {"word": PAD}} for one in people]
    return [("/contacts", [*old, *new, *few]), ("/events", events)]


def test_what_was_looked_up_ahead_is_never_out_of_date(pair: Pair) -> None:
    """Others make each batch take long to apply, so that the next bodies are looked up before."""
    one, other = pair
    turns = [[*chain(*(in_turn(worker, n) for n in range(TURNS)))] for worker in range(WORKERS)]
    many = [("/contacts", [{"external_id": f"m{n}", "fields": {"score": turn}} for n in range(2_000)])
            for turn in range(TURNS)]  # fmt: skip

    def send(bodies: Bodies) -> None:
        for path, body in bodies:
            assert one.post(path, body)["accepted"] == len(body)

    before = one.said()
    with ThreadPoolExecutor(WORKERS + 1) as pool:
        list(pool.map(send, [many, *turns]))
    assert one.said() - before > WORKERS * TURNS * LARGE
    for path, body in chain(*turns):
        other.post(f"{path}?wait=stored", body)
    found = one.contacts("b")
    assert found == other.contacts("b")
    assert len({*map(who, found)}) == len(found) == WORKERS * ((TURNS + 1) * (EACH + 1) + 2)


@pytest.mark.parametrize(("path", "wrong", "code", "pointer"), [
    ("/contacts", {"external_id": "c", "fields": {"score": "c"}}, "bad_value", "/fields/score"),
    ("/contacts", {"external_id": "c", "lists": ["Writers"]}, "no_such_list", "/lists/0"),
    ("/events", {"external_id": "c", "event": "c", "time": "c"}, "bad_time", "/time"),
])  # fmt: skip
def test_one_wrong_item_is_refused_as_without_a_helper(
    pair: Pair, path: str, wrong: dict[str, Any], code: str, pointer: str
) -> None:
    more = {"event": PAD} if path == "/events" else {"fields": {"word": PAD}}
    body = [{"external_id": f"c {code} {n}", **more} for n in range(120)]
    body[77] = wrong
    told = [either.refused(path, body) for either in pair]
    assert told[0] == told[1]
    assert (told[0]["code"], told[0]["pointer"]) == (code, f"/77{pointer}")
    assert not any(either.contacts(f"c {code}") for either in pair)
    told = [either.post(f"{path}?on_error=skip&wait=stored", body) for either in pair]
    assert told[0] == told[1]
    assert (told[0]["created"], told[0]["rejected"][0]["pointer"]) == (119, pointer)
    assert pair[0].contacts(f"c {code}") == pair[1].contacts(f"c {code}")


def test_fields_are_those_of_the_moment(pair: Pair) -> None:
    def body(name: str, value: Any) -> Body:
        return [{"external_id": f"d{n}", "fields": {name: value, "word": PAD}} for n in range(120)]

    for either in pair:
        either.post("/contacts", body("tall", 1.5))
        assert either.call("GET", "/fields/tall").json()["type"] == "number"
        assert either.beside("/contacts?wait=stored", body("tall", 2))["updated"] == 120
        either.call("PATCH", "/fields/tall", {"name": "height"})
        assert either.beside("/contacts?wait=stored", body("height", 2))["unchanged"] == 120
        either.call("DELETE", "/fields/height")
        either.post("/fields", {"name": "height", "type": "text"})
        assert either.refused("/contacts", body("height", 3))["pointer"] == "/0/fields/height"
        assert either.beside("/contacts?wait=stored", body("height", "3"))["updated"] == 120
        assert {one["fields"]["height"] for one in either.contacts("d")} == {"3"}


def test_lists_are_those_of_the_moment(pair: Pair) -> None:
    body = [{"external_id": f"e{n}", "fields": {"word": PAD}, "lists": ["New"]} for n in range(120)]
    for either in pair:
        either.post("/lists", {"name": "New"})
        assert either.beside("/contacts?wait=stored", body)["created"] == 120
        either.call("DELETE", "/lists/New")
        told = either.refused("/contacts", body)
        assert (told["code"], told["pointer"]) == ("no_such_list", "/0/lists/0")
        assert not any(one["lists"] for one in either.contacts("e"))
        either.post("/lists", {"name": "New"})
        assert either.beside("/contacts?wait=stored", body[:100])["updated"] == 100
        assert sum(one["lists"] == ["New"] for one in either.contacts("e")) == 100


def test_nobody_misses_a_helper_that_is_killed(directory: Directory) -> None:
    with served(*directory, helpers=1) as one:
        one.begin()

        def send(number: int) -> int:
            if number == 7:
                os.kill(one.helpers()[0], signal.SIGKILL)
            body = [{"external_id": f"f{number}-{n}", "fields": {"word": PAD}} for n in range(120)]
            return int(one.post("/contacts?wait=applied", body)["created"])

        with ThreadPoolExecutor(WORKERS) as pool:
            assert list(pool.map(send, range(24))) == [120] * 24
        assert one.count("external_id LIKE 'f%'") == 24 * 120


def test_where_many_are_expected_a_helper_begins_before_it_is_asked(directory: Directory) -> None:
    data, key = directory
    copy = shutil.copytree(data, data.with_name("many"))
    with closing(sqlite3.connect(copy / "people.sqlite")) as people:
        people.execute("CREATE TABLE room AS SELECT zeroblob(33554432)")  # as 100,000 contacts take
    with served(copy, key, helpers=1) as one:
        until(lambda: len(one.helpers()) == 1)
        nice = {int((Path("/proc") / str(each) / "stat").read_text().rsplit(") ", 1)[1].split()[16])
                for each in (os.getpid(), *one.helpers())}  # fmt: skip
        assert len(nice) == 1  # though what else is made ready comes after others


@pytest.mark.parametrize("has_begun", [True, False])
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_no_helper_outlives_its_server(
    directory: Directory, how: signal.Signals, *, has_begun: bool
) -> None:
    with served(*directory, helpers=1) as one:
        one.begin() if has_begun else one.post(*NOBODY)
        until(lambda: len(one.helpers()) == 1)
        if how is signal.SIGTERM:
            assert one.server.stop() == 0
            assert not one.helpers()
        one.server.kill()
        until(lambda: not one.helpers())
