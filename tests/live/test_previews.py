"""What reads the columns has all that was acknowledged before it, or says that it has not."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from carpel.app import service
from support.inside import house

RULES = {"sql": "age >= 40"}


def test_a_preview_while_the_columns_are_held_up_does_not_say_exact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "_CATCH_UP_S", 0.05)
    with house(tmp_path / "data") as home:
        home.put(*({"external_id": f"p{n}", "fields": {"age": n}} for n in range(60)))
        assert _count(home.client.post("/segments/preview", RULES)) == (20, True)
        opened = threading.Event()
        columns = home.service._columns  # noqa: SLF001
        apply = columns.apply

        def held_up(*given: Any) -> None:
            opened.wait(60)
            apply(*given)

        columns.apply = held_up  # type: ignore[assignment, method-assign]
        try:
            home.client.post("/contacts", [{"external_id": "p1", "fields": {"age": 77}}])
            assert _count(home.client.post("/segments/preview", RULES)) == (20, False)
        finally:
            opened.set()
        monkeypatch.setattr(service, "_CATCH_UP_S", 60)
        assert _count(home.client.post("/segments/preview", RULES)) == (21, True)


def _count(preview: Any) -> tuple[int, bool]:
    return preview["count"]["value"], preview["count"]["exact"]
