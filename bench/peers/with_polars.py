"""Polars: what events say of each contact once by group-by, then all segments in one select."""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import reduce
from pathlib import Path
from typing import Any

import polars as pl

from carpel.engine import plan as p

from .asked import Happened, all_happened, happened, instant
from .outcome import Outcome

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt,
    "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def run(folder: Path, plans: list[p.Plan]) -> Outcome:
    """Texts are categories, numbers decimals, everything lies in memory."""
    outcome = Outcome()
    with outcome.timing("read Parquet", loading=True):
        contacts = _read(folder / "contacts.parquet")
        events = _read(folder / "events.parquet")
    wanted = all_happened(plans)
    flags = {one: f"e{place}" for place, one in enumerate(wanted)}
    with outcome.timing("features"):
        contacts = _with_features(contacts, events, flags)
    del events
    with outcome.timing("counts"):
        asked = [_expression(plan, flags).sum().alias(str(n)) for n, plan in enumerate(plans)]
        outcome.counts = [int(one) for one in contacts.lazy().select(asked).collect().row(0)]
    return outcome


def _read(file: Path) -> pl.DataFrame:
    found = pl.scan_parquet(file)
    texts = [name for name, kind in found.collect_schema().items() if kind == pl.String]
    return found.with_columns(pl.col(texts).cast(pl.Categorical)).collect()


def _with_features(
    contacts: pl.DataFrame, events: pl.DataFrame, flags: dict[Happened, str]
) -> pl.DataFrame:
    """A column of yes and no for each event condition; the contacts are in order of number."""
    everyone = contacts.select("no")
    for kind in dict.fromkeys(one.type for one in flags):
        mine = {one: name for one, name in flags.items() if one.type == kind}
        oldest = _moment(min(one.since for one in mine))
        found = (
            events.lazy()
            .filter((pl.col("type") == kind) & (pl.col("happened_at") >= oldest))
            .group_by("contact")
            .agg([_asks(one).alias(name) for one, name in mine.items()])
            .collect()
        )
        joined = everyone.join(
            found, left_on="no", right_on="contact", how="left", maintain_order="left"
        )
        contacts = contacts.hstack(
            joined.select(pl.col(list(mine.values())).fill_null(value=False)).get_columns()
        )
    return contacts


def _asks(one: Happened) -> pl.Expr:
    fits = pl.col("happened_at") >= _moment(one.since)
    if one.category is not None:
        fits &= pl.col("category") == one.category
    if one.asks == "any":
        return fits.any()
    if one.asks == "count":
        return fits.sum() >= int(one.least)
    return pl.col("amount").filter(fits).sum() > pl.lit(one.least, pl.Decimal(18, 2))


def _expression(plan: p.Plan, flags: dict[Happened, str]) -> pl.Expr:
    match plan:
        case p.All(parts=parts):
            return reduce(operator.and_, (_expression(part, flags) for part in parts))
        case p.AnyOf(parts=parts):
            return reduce(operator.or_, (_expression(part, flags) for part in parts))
        case p.ValueTest(operand=p.Operand(seen=p.Column(name=name)), test=test):
            return _test(pl.col(name), test)
        case p.ListTest(list=number, negated=negated):
            inside = pl.col("lists").list.contains(pl.lit(number, pl.Int32))
            return ~inside if negated else inside
        case p.EventTest(negated=negated):
            flag = pl.col(flags[happened(plan)])
            return ~flag if negated else flag
        case other:
            raise AssertionError(other)


def _test(column: pl.Expr, test: p.Test) -> pl.Expr:
    match test:
        case p.Compare(operator=sign, constant=constant):
            found: pl.Expr = _COMPARE[sign](column, _constant(constant))
            return found
        case p.OneOf(constants=constants):
            return column.is_in([str(one) for one in constants])
        case other:
            raise AssertionError(other)


def _constant(constant: p.Constant) -> Any:
    if isinstance(constant, p.Moving):
        return _moment(instant(constant))
    if isinstance(constant, str | bool):
        return constant
    return pl.lit(constant, pl.Decimal(18, 2))


def _moment(at: int) -> pl.Expr:
    return pl.lit(_EPOCH.replace(tzinfo=None) + timedelta(microseconds=at), pl.Datetime("us"))
