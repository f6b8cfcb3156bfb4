"""DuckDB: the same column store, one count for each segment."""

from __future__ import annotations

from pathlib import Path

import engine_data as data

from carpel.engine import plan as p
from carpel.engine.printer import Printer

from .outcome import Outcome

_MEMORY_MB = 8000


def run(folder: Path, plans: list[p.Plan]) -> Outcome:
    """Our own plans, printed as they are for the recompute."""
    columns = data.opened(data.warmed(folder), _MEMORY_MB)
    outcome = Outcome()
    with columns.snapshot() as snapshot, outcome.timing("counts"):
        names = snapshot.names(1)
        assert names is not None
        for plan in plans:
            sql = Printer(names, data.NOW, {}).members(plan)
            counted = type(sql)(f"SELECT count(*) FROM ({sql.text})", sql.values)
            ((found,),) = snapshot.rows(counted)
            outcome.counts.append(int(str(found)))
    columns.close()
    return outcome
