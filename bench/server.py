"""A real `carpel serve` for benchmarks: a process of its own, and a thin client for it."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

# More than ten million contacts with a thousand segments take.
ENGINE_MEMORY_MB = 10_000
# How long a server may take to fold its logs when it is told to stop.
_STOP_S = 300
# A list of a thousand segments takes the server some 50 ms of processor.
_LOOK_EVERY_S = 1.0


def run(data: Path, *arguments: str) -> str:
    """A command on a data directory; what it prints."""
    command = [sys.executable, "-m", "carpel", *arguments, "--data", str(data)]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, text=True, env=_environment(), check=True
    )
    return done.stdout.strip()


class Server:
    """Begins at once; `took` is the time until it answers. A context manager that stops it."""

    def __init__(self, data: Path) -> None:
        command = [sys.executable, "-m", "carpel", "serve", "--data", str(data), "--port", "0"]
        self.begun = time.perf_counter()
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=_environment()
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the server did not begin"
        self.took = time.perf_counter() - self.begun
        self.url = next(word for word in line.split() if word.startswith("http://"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(_STOP_S)
        finally:
            self.process.kill()
            self.process.wait()
            assert self.process.stdout is not None
            self.process.stdout.close()

    def cpu_s(self) -> float:
        """Seconds of processors that it has used so far; 0 where that is not told."""
        file = Path(f"/proc/{self.process.pid}/stat")
        if not file.exists():
            return 0
        used = file.read_text().rpartition(")")[2].split()[11:13]
        return sum(map(int, used)) / os.sysconf("SC_CLK_TCK")

    def peak_mb(self) -> int:
        """The most memory that it has had so far; 0 where that is not told."""
        return peak_mb(self.process.pid)

    def cached_mb(self) -> int:
        """Of its memory now, what is the system's file cache."""
        return _status_mb(self.process.pid, "RssFile:")


def peak_mb(process: int) -> int:
    """The most memory that a process has had so far; 0 where that is not told."""
    return _status_mb(process, "VmHWM:")


def _status_mb(process: int, name: str) -> int:
    file = Path(f"/proc/{process}/status")
    lines = file.read_text().splitlines() if file.exists() else []
    return next((int(one.split()[1]) >> 10 for one in lines if one.startswith(name)), 0)


class Caller:
    """One connection that is kept open. Not thread-safe."""

    def __init__(self, server: Server, key: str, timeout_s: float = 600) -> None:
        self._connection = http.client.HTTPConnection(
            urlsplit(server.url).netloc, timeout=timeout_s
        )
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def get(self, path: str) -> Any:
        """The answer to a GET, as JSON."""
        return json.loads(self.call("GET", path, None, 200))

    def post(self, path: str, body: Any, status: int = 201) -> Any:
        """The answer to a POST of JSON."""
        return json.loads(self.call("POST", path, json.dumps(body).encode(), status))

    def call(self, method: str, path: str, body: bytes | None, status: int) -> bytes:
        """Any request; it has to be answered with the status."""
        self._connection.request(method, f"/api/v1{path}", body, self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        assert answer.status == status, (answer.status, content[:1000])
        return content

    def close(self) -> None:
        self._connection.close()


def all_exact(caller: Caller) -> list[Any]:
    """Every segment, once all of their counts are exact."""
    while True:
        found: list[Any] = []
        cursor = ""
        while True:
            page = caller.get(f"/segments?limit=1000{cursor}")
            found += page["data"]
            if page["next_cursor"] is None:
                break
            cursor = f"&cursor={page['next_cursor']}"
        if all(one["count"]["exact"] for one in found):
            return found
        time.sleep(_LOOK_EVERY_S)


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CARPEL_")}
    return {
        **kept, "CARPEL_RATE_LIMITS": "off", "CARPEL_ENGINE_MEMORY_MB": str(ENGINE_MEMORY_MB),
    }  # fmt: skip
