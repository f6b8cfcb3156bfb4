"""Files behind links: fetched whole or in part, sent once, gone when their time is over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from carpel.app.front import Front
from carpel.client import InsideTransport
from carpel.domain.files import File
from carpel.domain.jobs import Work
from carpel.kit.clock import HOUR
from carpel.settings import Settings
from support.inside import TOKEN, House, house

TEXT = b"".join(b"line %d\n" % n for n in range(5000))


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path / "data") as made:
        yield made


@pytest.fixture
def http(opened: House, tmp_path: Path) -> Iterator[httpx.Client]:
    front = Front(opened.service, Settings(data=tmp_path / "data"), TOKEN)
    with httpx.Client(base_url="http://carpel", transport=InsideTransport(front)) as client:
        yield client


def written(opened: House, name: str = "people & more.csv") -> File:
    files = opened.service.files
    until = opened.clock.now() + 2 * HOUR
    with files.writing(1, name, "text/csv", until) as (file, stream):
        stream.write(TEXT)
    return files.read(file.id)


def test_a_link_fetches_the_file_until_it_expires(opened: House, http: httpx.Client) -> None:
    files = opened.service.files
    file = written(opened)
    assert file.size == len(TEXT)
    short = files.link(file, "get", opened.clock.now() + HOUR)
    answer = http.get(short)
    assert (answer.status_code, answer.content) == (200, TEXT)
    assert answer.headers["content-type"].startswith("text/csv")
    part = http.get(short, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, TEXT[100:200])
    head = http.head(short)
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(TEXT)))

    opened.clock.advance(HOUR)
    assert http.get(short).status_code == 403
    long = files.link(file, "get")
    assert http.get(long).status_code == 200
    opened.clock.advance(HOUR)
    assert http.get(long).status_code == 403
    assert files.path_of(file).exists()
    files.sweep()
    assert not files.path_of(file).exists()


def test_a_link_cannot_be_made_up(opened: House, http: httpx.Client) -> None:
    file, other = written(opened), written(opened)
    link = opened.service.files.link(file, "get")
    for wrong in (
        link.replace(file.id, other.id),
        link.replace(".", ".9", 1),
        link[: link.rindex("/") - 1] + "/x",
        "/files/x/y",
        "/files/",
        "/files/a.1.b/c",
    ):
        assert http.get(wrong).status_code == 404, wrong
    assert http.put(link, content=b"x").status_code == 404
    assert http.post(link).status_code == 405


def test_an_upload_sets_its_job_going(opened: House, http: httpx.Client) -> None:
    service = opened.service

    def read(work: Work) -> int:
        (name,) = work.spec
        return len(service.files.path_of(service.files.read(name)).read_bytes())

    service.jobs.register("read", read)
    until = opened.clock.now() + HOUR
    job = service.jobs.submit(1, "read", [], held=True)
    file = service.files.reserve(1, "in.csv", 10, until, job.id)
    link = service.files.link(file, "put")
    assert http.put(link, content=b"x" * 11).status_code == 413
    assert http.put(link, content=iter([b"x" * 6, b"x" * 6])).status_code == 413
    assert service.jobs.find(1, job.id).state == "held"
    assert http.get(service.files.link(file, "get")).status_code == 404
    assert http.put(link, content=b"x" * 10).status_code == 200
    assert service.jobs.wait(job.id, 30)
    assert service.files.path_of(service.files.read(file.id)).read_bytes() == b"x" * 10


def test_an_upload_that_came_before_a_stop_is_worked_on_after(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with house(data, background=False) as before:
        service = before.service
        job = service.jobs.submit(1, "read", None, held=True)
        file = service.files.reserve(1, "in.csv", 10, before.clock.now() + HOUR, job.id)
        service.files.on_stored(lambda _: None)
        with service.files.receiving(file) as take:
            take(b"abc")
    with house(data) as after:
        after.service.jobs.register("read", lambda _: "read")
        assert after.service.jobs.find(1, job.id).state != "held"
