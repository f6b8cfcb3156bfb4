"""`carpel demo` as a process of its own, and what it prints."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from support.running import Server, environment

_LAST_LINE = "/segments/preview'"


@dataclass
class Demo:
    """A served demo, and what it told whoever started it."""

    server: Server
    data: Path
    key: str
    project_key: str
    printed: list[str]
    log: Path

    @property
    def said(self) -> str:
        """What it has written on stderr."""
        return self.log.read_text()

    @property
    def curl_lines(self) -> list[str]:
        return [line for line in self.printed if line.startswith("curl ")]


@contextmanager
def demonstrating(data: Path, *options: str) -> Iterator[Demo]:
    """A demo on the directory, on a free port, filled and ready."""
    log = data.with_name(f"{data.name}.log")
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "carpel", "demo", "--data", str(data), "--port", "0", *options],
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            env=environment(),
        )
    assert process.stdout is not None
    try:
        printed = []
        for line in process.stdout:
            printed.append(line.rstrip("\n"))
            if _LAST_LINE in line:
                break
        assert printed, f"the demo ended before it was ready: {log.read_text()}"
        url = next(word for word in printed[0].split() if word.startswith("http://"))
        key, project_key = (
            _told(printed, what) for what in ("Key for every door", "Batch project")
        )
        server = Server(url, process)
        with server.client:
            yield Demo(server, data, key, project_key, printed, log)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(timeout=30)
        process.stdout.close()


def follow(curl: str) -> httpx.Response:
    """The answer to a curl line: its URL, its headers, and its body if it has one."""
    words = iter(shlex.split(curl))
    assert next(words) == "curl"
    url, body, headers = "", None, {}
    for word in words:
        if word == "-H":
            name, _, value = next(words).partition(": ")
            headers[name] = value
        elif word == "-d":
            body = next(words)
        else:
            url = word
    return httpx.request("GET" if body is None else "POST", url, headers=headers, content=body)


def _told(printed: list[str], what: str) -> str:
    return next(line.split()[-1] for line in printed if line.startswith(what))
