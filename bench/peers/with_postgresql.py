"""PostgreSQL 15: one count for each segment, on a server of its own behind a socket of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import duckdb
import engine_data as data
from beside import repeated
from typing_extensions import override

from carpel.engine import plan as p

from .asked import Dialect, Happened
from .outcome import Outcome

_PACKAGE = "postgresql-15"
_PROGRAMS = Path("/usr/lib/postgresql/15/bin")
_SETTINGS = {
    "listen_addresses": "", "shared_buffers": "2GB", "work_mem": "512MB", "fsync": "off",
    "maintenance_work_mem": "512MB", "max_wal_size": "8GB", "jit": "off",
    "max_parallel_workers_per_gather": "2", "random_page_cost": "1.1", "timezone": "UTC",
}  # fmt: skip


class _PostgreSQL(Dialect):
    @override
    def number(self, number: Decimal) -> str:
        return f"{number:f}"

    @override
    def moment(self, at: int) -> str:
        return f"(TIMESTAMP 'epoch' + {at // 1_000_000} * INTERVAL '1 second')"

    @override
    def is_in_list(self, number: int) -> str:
        return f"{number} = ANY(lists)"

    @override
    def has(self, wanted: Happened) -> str:
        where = f"type = '{wanted.type}' AND happened_at >= {self.moment(wanted.since)}"
        if wanted.category is not None:
            where += f" AND category = '{wanted.category}'"
        having = {
            "any": "",
            "count": f" GROUP BY contact HAVING count(*) >= {wanted.least:f}",
            "sum": f" GROUP BY contact HAVING sum(amount) > {wanted.least:f}",
        }[wanted.asks]
        return f"no IN (SELECT contact FROM events WHERE {where}{having})"


def run(folder: Path, plans: list[p.Plan]) -> Outcome:
    """Tables with the indexes that help; the server's memory is what all its processes share out."""
    outcome = Outcome()
    with _server() as socket:
        watch = _Watch(socket)
        with repeated(watch.look, 0.25):
            with outcome.timing("COPY", loading=True):
                _load(socket, folder)
            with outcome.timing("indexes and VACUUM ANALYZE", loading=True):
                _psql(
                    socket,
                    "CREATE INDEX ON events (type, happened_at) INCLUDE (contact, amount, category);"
                    "CREATE INDEX ON events (contact);",
                )
                _psql(socket, "VACUUM ANALYZE")
            dialect = _PostgreSQL()
            asked = [
                f"SELECT count(*) FROM contacts WHERE {dialect.predicate(one)};" for one in plans
            ]
            with outcome.timing("counts"):
                outcome.counts = [int(one) for one in _psql(socket, "\n".join(asked)).split()]
        outcome.peak_mb = watch.peak_mb
    return outcome


def missing() -> str | None:
    """Why it cannot be measured here; None when it can. Root installs it where it is not there yet."""
    if not (_PROGRAMS / "postgres").exists():
        if os.geteuid() != 0 or shutil.which("apt-get") is None:
            return f"there is no {_PROGRAMS}; install Debian's {_PACKAGE}, or run this as root once"
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], ["install", "--yes", "--no-install-recommends", _PACKAGE]):
            subprocess.run(
                ["apt-get", "-q", *command], check=True, env=quiet, stdout=subprocess.DEVNULL
            )
    return None


def _user() -> str:
    """Whom the server runs as: it refuses root."""
    return "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name


@contextmanager
def _server() -> Iterator[Path]:
    """A new cluster in a folder of its own, which holds the socket as well."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, _user())
    control = [str(_PROGRAMS / "pg_ctl"), "-D", str(folder / "data"), "-s", "-w"]
    try:
        _as_user(str(_PROGRAMS / "initdb"), "-D", str(folder / "data"), "-A", "trust", "-N")
        settings = "".join(f"{name} = '{value}'\n" for name, value in _SETTINGS.items())
        settings += f"unix_socket_directories = '{folder}'\n"
        with (folder / "data" / "postgresql.conf").open("a") as file:
            file.write(settings)
        _as_user(*control, "-l", str(folder / "log"), "start")
        try:
            yield folder
        finally:
            _as_user(*control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _as_user(*command: str) -> None:
    user = _user() if os.geteuid() == 0 else None
    subprocess.run(command, check=True, user=user, cwd="/", stdout=subprocess.DEVNULL)


def _psql(socket: Path, text: str) -> str:
    command = [
        str(_PROGRAMS / "psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1",
        "-h", str(socket), "-U", _user(), "postgres",
    ]  # fmt: skip
    return subprocess.run(command, input=text, text=True, check=True, stdout=subprocess.PIPE).stdout


def _load(socket: Path, folder: Path) -> None:
    names = ["no", *data.TEXTS, *data.NUMBERS, *data.DATES, *data.BOOLEANS]
    kinds = {
        **dict.fromkeys(data.TEXTS, "text"), **dict.fromkeys(data.NUMBERS, "numeric(18, 2)"),
        **dict.fromkeys(data.DATES, "timestamp"), **dict.fromkeys(data.BOOLEANS, "boolean"),
        "no": "integer PRIMARY KEY",
    }  # fmt: skip
    columns = ", ".join(f"{name} {kinds[name]}" for name in names)
    _psql(
        socket,
        f"CREATE TABLE contacts ({columns}, lists integer[]); CREATE TABLE events (contact integer, "
        "type text, happened_at timestamp, amount numeric(18, 2), category text);",
    )
    # PostgreSQL writes arrays in braces.
    lists = "'{' || array_to_string(lists, ',') || '}'"
    _copy(socket, "contacts", f"{', '.join(names)}, {lists}", folder)
    _copy(socket, "events", "*", folder)


def _copy(socket: Path, table: str, chosen: str, folder: Path) -> None:
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "rows.csv"
        with duckdb.connect() as connection:
            source = f"SELECT {chosen} FROM '{folder}/{table}.parquet'"
            connection.execute(f"COPY ({source}) TO '{file}' (FORMAT csv, HEADER false)")
        _psql(socket, f"\\copy {table} FROM '{file}' (FORMAT csv)")


class _Watch:
    """The most memory that the server's processes took together; what they share counts once."""

    def __init__(self, folder: Path) -> None:
        self._first = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        self._peak_kb = 0

    @property
    def peak_mb(self) -> int:
        """MB at most."""
        return self._peak_kb >> 10

    def look(self) -> None:
        """See how much it is now."""
        self._peak_kb = max(self._peak_kb, sum(map(_kb_of, self._processes())))

    def _processes(self) -> list[int]:
        found = [self._first]
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(stat.read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue  # it has ended
            if parent == self._first:
                found.append(int(stat.parent.name))
        return found


def _kb_of(process: int) -> int:
    """A process's share: private memory, and shared memory divided by its users."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
