"""The real command and the real server, as processes of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

SHARED = Path(__file__).resolve().parents[3] / "shared"
QUIET = {"CARPEL_RATE_LIMITS": "off"}


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's variables without Carpel's own, and some more."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CARPEL_")}
    return {**kept, **QUIET, **(more or {})}


def carpel(
    *arguments: str | Path, status: int = 0, variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; it must end with the status."""
    done = subprocess.run(
        [sys.executable, "-m", "carpel", *map(str, arguments)],
        capture_output=True,
        text=True,
        env=environment(variables),
        check=False,
    )
    assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    return done


def carpel_json(*arguments: str | Path) -> Any:
    """What a command prints with --json."""
    return json.loads(carpel(*arguments, "--json").stdout)


@dataclass
class Server:
    """A running `carpel serve`."""

    url: str
    process: subprocess.Popen[str]
    # Kept: making one costs more than most requests.
    client: httpx.Client = field(default_factory=lambda: _client())  # noqa: PLW0108  (defined below)

    def get(self, path: str, key: str, **headers: str) -> httpx.Response:
        """A request as any client makes it."""
        given = {"Authorization": f"Bearer {key}", **headers}
        return self.client.get(self.url + path, headers=given)

    def post(self, path: str, key: str, body: Any) -> httpx.Response:
        """A JSON body posted."""
        headers = {"Authorization": f"Bearer {key}"}
        return self.client.post(self.url + path, headers=headers, json=body)

    def kill(self) -> None:
        """kill -9."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM; returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)


def _client() -> httpx.Client:
    # A connection is given up before the server would close it.
    return httpx.Client(timeout=60, limits=httpx.Limits(keepalive_expiry=2))


@contextmanager
def serving(data: Path, variables: Mapping[str, str] | None = None) -> Iterator[Server]:
    """A server on the directory, on a free port, ready."""
    process = subprocess.Popen(
        [sys.executable, "-m", "carpel", "serve", "--data", str(data), "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(variables),
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, "the server ended before it was ready"
        url = next(word for word in line.split() if word.startswith("http://"))
        server = Server(url, process)
        with server.client:
            yield server
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(timeout=30)
        process.stdout.close()
