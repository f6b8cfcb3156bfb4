"""Hillstrom fed through Batch's door and exported through it, counted with pandas from the files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest

from conftest import open_account
from support import books
from support.batch import Project
from support.running import SHARED, serving

FOLDER = SHARED / "data"
PROFILES = 6_000
AT_ONCE = 2_000
NUMBERS = ("recency", "history", "mens", "womens", "newbie", "spend")
TEXTS = ("history_segment", "zip_code", "channel", "campaign")
# Those that need fields alone.
CASES = [
    case for case in books.HILLSTROM if "event_data" not in case.sql and "created_at" not in case.sql
]  # fmt: skip

pytestmark = pytest.mark.skipif(
    not (FOLDER / "hillstrom_contacts.csv.gz").exists(), reason="the data lies beside the project"
)


@pytest.fixture(scope="module")
def book() -> books.Book:
    whole = books.read(FOLDER, "hillstrom")
    return books.Book(whole.contacts.head(PROFILES), whole.events.head(0))


@pytest.fixture(scope="module")
def project(book: books.Book, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    data: Path = tmp_path_factory.mktemp("batch") / "data"
    with serving(data) as server:
        found = Project(open_account(server, data, "default"))
        for start in range(0, PROFILES, AT_ONCE):
            feed(found, book.contacts.iloc[start : start + AT_ONCE])
        for case in CASES:
            found.account.native("/segments", {"name": case.name, "sql": case.sql})
        yield found


def feed(project: Project, rows: pd.DataFrame) -> None:
    """A mass update; numbers are written as the file has them, digit for digit."""
    items = []
    for row in rows.to_dict("records"):
        numbers = ",".join(f'"{name}":{row[name]}' for name in NUMBERS)
        texts = json.dumps({"$email_address": row["email"], **{name: row[name] for name in TEXTS}})
        items.append(
            f'{{"identifiers":{{"custom_id":{json.dumps(row["external_id"])}}},'
            f'"attributes":{{{numbers},{texts[1:]}}}'
        )
    answer = httpx.post(
        project.url("/profiles/mass-update"),
        headers=project.headers,
        content=f"[{','.join(items)}]",
        timeout=60,
    )
    assert answer.json() == {"code": "SUCCESS"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_export_is_what_the_files_say(
    project: Project, book: books.Book, case: books.Case
) -> None:
    listed = project.get("/segments/list", limit=100).json()["segments"]
    code = next(one["code"] for one in listed if one["display_name"] == case.name)
    shown = project.export(
        identifiers=["custom_id"], attributes=["spend", "zip_code"], filter={"segment": code}
    )
    lines: list[Any] = project.lines(shown)
    found = {line["identifiers"]["custom_id"]: line["attributes"] for line in lines}
    assert len(found) == len(lines)
    assert set(found) == case.members(book)
    assert found
    spent = dict(zip(book.contacts["external_id"], book.contacts["spend"], strict=True))
    assert {one: attributes["spend"] for one, attributes in found.items()} == {
        one: float(spent[one]) for one in found
    }
