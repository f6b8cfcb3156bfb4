"""Files taken in: every format, broken rows, types, mapping, and the same file twice."""

from __future__ import annotations

import csv
import gzip
import json
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from support.running import carpel, carpel_json

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

CSV = """\
external_id,email,first_name,age,score,vip,since,zip
a1,A1@Example.com,Ann,30,1.50,true,2024-01-31,01234
a2,a2@example.com,"Bob, Jr.",0,-2.25,false,2024-02-29T12:00:00Z,98765
a3,a3@example.com,,,,,,
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def imported(kind: str, file: Path, data: Path, *more: str) -> Any:
    return carpel_json("import", kind, file, "--data", data, *more)[0]


def members(sql: str, data: Path) -> set[str]:
    found = carpel_json("segment", "preview", "--sql", sql, "--data", data)
    assert found["count"]["value"] == len(found["sample"])
    return {one["external_id"] for one in found["sample"]}


def rejected(report: Any) -> list[list[str]]:
    with Path(report["rejected_file"]).open(newline="") as stream:
        return list(csv.reader(stream))


def test_types_are_inferred_over_the_whole_file(data: Path, tmp_path: Path) -> None:
    report = imported("contacts", write(tmp_path / "people.csv", CSV), data)
    assert report["created"] == 3
    assert report["new_fields"] == {
        "age": "number", "score": "number", "vip": "boolean", "since": "date", "zip": "text",
    }  # fmt: skip
    assert members("age = 0 AND score = -2.25 AND vip = FALSE", data) == {"a2"}
    assert members("zip = '01234' AND since < '2024-02-01'", data) == {"a1"}
    assert members("email = 'a1@example.com'", data) == {"a1"}
    assert members("first_name IS NULL AND age IS NULL", data) == {"a3"}


def test_one_odd_value_far_down_decides_the_type(data: Path, tmp_path: Path) -> None:
    rows = [f"x{number},{number}" for number in range(12_000)]
    file = write(tmp_path / "long.csv", "external_id,code\n" + "\n".join([*rows, "y,12a"]) + "\n")
    assert imported("contacts", file, data)["new_fields"] == {"code": "text"}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["0", "1"], "number"),
        (["true", "FALSE"], "boolean"),
        (["2024-01-01", "2024-01-01 10:00:00+02:00"], "date"),
        (["1", "true"], "text"),
        (["007"], "text"),
        (["+33123456789"], "text"),
        (["1234567890123456789"], "text"),
        (["1e3", "-0.5"], "number"),
        (["2024-13-01"], "text"),
        (["", ""], "text"),
        (["12", ""], "number"),
    ],
)
def test_a_column_becomes(data: Path, tmp_path: Path, values: list[str], expected: str) -> None:
    lines = [f"e{place},{value}" for place, value in enumerate(values)]
    file = write(tmp_path / "column.csv", "\n".join(["external_id,thing", *lines]) + "\n")
    assert imported("contacts", file, data)["new_fields"] == {"thing": expected}


def parquet(path: Path) -> Path:
    table = pa.table(
        {
            "external_id": ["a1", "a2", "a3"],
            "email": ["A1@Example.com", "a2@example.com", "a3@example.com"],
            "first_name": ["Ann", "Bob, Jr.", None],
            "age": pa.array([30, 0, None], pa.int64()),
            "score": pa.array([Decimal("1.50"), Decimal("-2.25"), None]),
            "vip": [True, False, None],
            "since": [
                datetime(2024, 1, 31, tzinfo=UTC),
                datetime(2024, 2, 29, 12, tzinfo=UTC),
                None,
            ],
            "zip": ["01234", "98765", None],
        }
    )
    pq.write_table(table, path)
    return path


def ndjson(path: Path) -> Path:
    ann = {"first_name": "Ann", "age": 30, "score": 1.5, "vip": True, "since": "2024-01-31"}
    bob = {"first_name": "Bob, Jr.", "age": 0, "score": -2.25, "vip": False, "zip": "98765"}
    rows: list[dict[str, Any]] = [
        {"external_id": "a1", "email": "A1@Example.com", "fields": ann, "zip": "01234"},
        {"external_id": "a2", "email": "a2@example.com", **bob, "since": "2024-02-29T12:00:00Z"},
        {"external_id": "a3", "email": "a3@example.com", "age": None},
    ]
    return write(path, "\n".join(json.dumps(row) for row in rows) + "\n")


@pytest.mark.parametrize(
    "make",
    [
        lambda folder: write(folder / "people.csv", CSV),
        lambda folder: write(
            folder / "bom.csv", b"\xef\xbb\xbf" + CSV.replace("\n", "\r\n").encode()
        ),
        lambda folder: write(folder / "people.csv.gz", gzip.compress(CSV.encode())),
        lambda folder: write(folder / "people.csv.zst", zstd.compress(CSV.encode())),
        lambda folder: parquet(folder / "people.parquet"),
        lambda folder: ndjson(folder / "people.ndjson"),
        lambda folder: write(
            folder / "people.ndjson.gz", gzip.compress(ndjson(folder / "plain.ndjson").read_bytes())
        ),
    ],
    ids=["csv", "csv-bom-crlf", "csv.gz", "csv.zst", "parquet", "ndjson", "ndjson.gz"],
)
def test_every_format_brings_the_same(data: Path, tmp_path: Path, make: Any) -> None:
    report = imported("contacts", make(tmp_path), data)
    assert (report["created"], report["rejected"]) == (3, 0)
    assert report["new_fields"] == {
        "age": "number", "score": "number", "vip": "boolean", "since": "date", "zip": "text",
    }  # fmt: skip
    assert members("age = 30 AND score = 1.5 AND vip", data) == {"a1"}
    assert members("since = '2024-02-29T12:00:00Z' AND zip = '98765'", data) == {"a2"}
    assert members("email = 'a1@example.com'", data) == {"a1"}
    again = imported("contacts", make(tmp_path), data)
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, 3)


BROKEN = b"""\
external_id,email,age
b1,b1@example.com,1
b2,b2@example.com
b3,not an address,3
b4,b4@example.com,"four
b5,b5@example.com,5
b6,b6@example.com,six,7
,,8
b7,\xff\xfe@example.com,9
b8,"b8@example.com"x,10

b9,b9@example.com,11
"""


def test_broken_rows_cost_only_themselves(data: Path, tmp_path: Path) -> None:
    carpel("field", "create", "age", "--type", "number", "--data", data)
    report = imported("contacts", write(tmp_path / "broken.csv", BROKEN), data)
    assert members("email IS NOT NULL OR age IS NOT NULL", data) == {"b1", "b5", "b9"}
    assert (report["created"], report["rejected"]) == (3, 7)
    header, *rows = rejected(report)
    assert header == ["line", "reason", "external_id", "email", "age"]
    reasons = {int(row[0]): row[1] for row in rows}
    assert reasons == {
        3: "expected 3 columns, found 2",
        4: "“not an address” is not an e-mail address",
        5: "unclosed quote",
        7: "expected 3 columns, found 4",
        8: "no identifier in this row",
        9: "not UTF-8",
        10: "text after a closing quote",
    }


def test_a_value_that_does_not_fit_its_field_is_rejected(data: Path, tmp_path: Path) -> None:
    imported("contacts", write(tmp_path / "people.csv", CSV), data)
    more = write(tmp_path / "more.csv", "external_id,age\na1,31\na2,thirty\n")
    report = imported("contacts", more, data)
    assert (report["updated"], report["rejected"]) == (1, 1)
    assert rejected(report)[1][:2] == ["3", "age: expected a number, got “thirty”"]


def test_status_is_one_only_when_all_rows_are_rejected(data: Path, tmp_path: Path) -> None:
    bad = write(tmp_path / "bad.csv", "email\nnobody\nno one\n")
    carpel("import", "contacts", bad, "--data", data, status=1)
    empty = write(tmp_path / "empty.csv", "email\n")
    carpel("import", "contacts", empty, "--data", data)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "the file is empty"),
        ("name,age\nx,1\n", "no column identifies"),
        ("email,email\nx,1\n", "two columns are called email"),
        ("email,\nx,1\n", "column 2 has no name"),
    ],
)
def test_a_file_that_cannot_be_read_changes_nothing(
    data: Path, tmp_path: Path, content: str, told: str
) -> None:
    done = carpel(
        "import", "contacts", write(tmp_path / "f.csv", content), "--data", data, status=1
    )
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert len(carpel_json("field", "list", "--data", data)) == 23


def test_columns_are_mapped_and_left_out(data: Path, tmp_path: Path) -> None:
    file = write(tmp_path / "crm.csv", "ID No,Mail,Given name,junk\n7,x@example.com,Xavier,?\n")
    maps = ("ID No=external_id", "Mail=email", "Given name=first_name", "junk=-")
    report = imported("contacts", file, data, *(part for one in maps for part in ("--map", one)))
    assert report["new_fields"] == {}
    assert members("first_name = 'Xavier'", data) == {"7"}
    told = carpel("import", "contacts", file, "--map", "Mial=email", "--data", data, status=1)
    assert "did you mean Mail?" in told.stderr
    carpel("import", "contacts", file, "--map", "Mail", "--data", data, status=2)


def test_no_new_fields_refuses_unknown_columns(data: Path, tmp_path: Path) -> None:
    file = write(tmp_path / "people.csv", CSV)
    told = carpel("import", "contacts", file, "--no-new-fields", "--data", data, status=1)
    assert "there is no field 'age'" in told.stderr


def test_an_import_fills_a_list(data: Path, tmp_path: Path) -> None:
    file = write(tmp_path / "people.csv", CSV)
    imported("contacts", file, data, "--list", "Customers")
    assert members("array_contains(list_ids, 'Customers')", data) == {"a1", "a2", "a3"}
    (again,) = carpel_json("import", "contacts", file, "--list", "Customers", "--data", data)
    assert again["unchanged"] == 3


def test_an_empty_cell_empties_the_field(data: Path, tmp_path: Path) -> None:
    imported("contacts", write(tmp_path / "people.csv", CSV), data)
    imported("contacts", write(tmp_path / "less.csv", "external_id,age\na1,\n"), data)
    assert members("age IS NULL AND first_name = 'Ann'", data) == {"a1"}


EVENTS = """\
external_id,event,time,value,sku
a1,purchase,2026-01-01T10:00:00Z,10.10,x
a1,purchase,2026-01-01T10:00:00Z,10.10,x
a2,purchase,2026-01-02T10:00:00Z,20.20,y
new,visit,2026-01-03T10:00:00Z,,
"""
TWICE = (
    "contact_id IN (SELECT contact_id FROM event_data GROUP BY contact_id "
    "HAVING COUNT(*) = 2 AND SUM(properties.value) = 20.2)"
)


def test_alike_rows_of_one_file_are_different_events(data: Path, tmp_path: Path) -> None:
    file = write(tmp_path / "events.csv", EVENTS)
    assert imported("events", file, data)["created"] == 4
    assert members(TWICE, data) == {"a1"}
    again = imported("events", file, data)
    assert (again["created"], again["unchanged"]) == (0, 4)
    assert members(TWICE, data) == {"a1"}


def test_a_longer_copy_of_a_file_adds_what_is_new(data: Path, tmp_path: Path) -> None:
    imported("events", write(tmp_path / "events.csv", EVENTS), data)
    longer = write(tmp_path / "longer.csv", EVENTS + "a2,purchase,2026-01-02T10:00:00Z,20.20,y\n")
    assert imported("events", longer, data)["created"] == 1
    assert members("contact_id IN (SELECT contact_id FROM event_data GROUP BY contact_id "
                   "HAVING SUM(properties.value) = 40.4)", data) == {"a2"}  # fmt: skip


def test_an_event_id_makes_events_recognisable(data: Path, tmp_path: Path) -> None:
    rows = "event_id,external_id,event,time\ne1,a,open,2026-01-01\ne2,a,open,2026-01-01\n"
    assert imported("events", write(tmp_path / "e.csv", rows), data)["created"] == 2
    other = rows.replace("e2,a,open", "e1,a,click") + "e3,a,open,2026-01-02\n"
    report = imported("events", write(tmp_path / "f.csv", other), data)
    assert (report["created"], report["unchanged"]) == (1, 2)


def test_known_only_leaves_out_events_of_strangers(data: Path, tmp_path: Path) -> None:
    imported("contacts", write(tmp_path / "people.csv", CSV), data)
    report = imported("events", write(tmp_path / "events.csv", EVENTS), data, "--known-only")
    assert (report["created"], report["rejected"]) == (3, 1)
    assert rejected(report)[1][:2] == ["5", "there is no such contact"]


def test_events_need_a_name_and_a_time(data: Path, tmp_path: Path) -> None:
    rows = "external_id,event,time\na,,2026-01-01\nb,open,\nc,open,yesterday\nd,open,2026-01-01\n"
    report = imported("events", write(tmp_path / "e.csv", rows), data)
    assert (report["created"], report["rejected"]) == (1, 3)
    told = carpel("import", "events", write(tmp_path / "g.csv", "external_id,event\na,open\n"),
                  "--data", data, status=1)  # fmt: skip
    assert "there is no column 'time'" in told.stderr


def test_a_damaged_archive_is_told_as_such(data: Path, tmp_path: Path) -> None:
    whole = gzip.compress((CSV * 1000).encode())
    file = write(tmp_path / "cut.csv.gz", whole[: len(whole) // 2])
    told = carpel("import", "contacts", file, "--data", data, status=1)
    assert "damaged" in told.stderr
    assert "Traceback" not in told.stderr
