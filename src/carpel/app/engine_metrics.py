"""What Prometheus is told of the live engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from carpel.domain.workspaces import Workspace
from carpel.engine.tracked import State
from carpel.kit.clock import SECOND

from .service import Service

_WORKSPACE = ["workspace"]

# Name, help, and the figure.
_GAUGES: tuple[tuple[str, str, Callable[[State], float]], ...] = (
    ("carpel_engine_bytes", "Bytes of the arrays of segments in memory, and of their builds.",
     lambda state: state.nbytes),
    ("carpel_engine_due_queue", "Dates that moving points of rules are about to pass.",
     lambda state: state.ahead),
    ("carpel_engine_batches_waiting", "Batches still to be taken in by segments in memory.",
     lambda state: state.waiting),
    ("carpel_engine_build_progress", "How much of the present build is done, 0 to 1; 0 for none.",
     lambda state: state.fraction),
)  # fmt: skip


def engine_metrics(service: Service, workspaces: Sequence[Workspace]) -> Iterator[Metric]:
    """The live engine, the builds and the auditor, by workspace."""
    states = [(one.name, service.engine.state(one.no)) for one in workspaces]
    kept = GaugeMetricFamily(
        "carpel_engine_segments",
        "Segments by how they are kept: live, recounted, or (live or not) in a build.",
        labels=[*_WORKSPACE, "kept"],
    )
    since = GaugeMetricFamily(
        "carpel_engine_build_seconds", "Since the present build began.", labels=_WORKSPACE
    )
    now = service.clock.now()
    for name, state in states:
        kept.add_metric([name, "live"], state.live)
        kept.add_metric([name, "recounted"], state.recounted)
        kept.add_metric([name, "building"], state.building)
        if state.building_since is not None:
            since.add_metric([name], (now - state.building_since) / SECOND)
    yield from (kept, since)
    for metric, text, figure in _GAUGES:
        gauge = GaugeMetricFamily(metric, text, labels=_WORKSPACE)
        for name, state in states:
            gauge.add_metric([name], figure(state))
        yield gauge
    if service.engine.last_build is not None:
        yield GaugeMetricFamily(
            "carpel_engine_last_build_seconds",
            "How long the last build took.",
            value=service.engine.last_build[1] / SECOND,
        )
    if (restored := service.engine.restored) is not None:
        for name, text, value in (
            ("bytes", "Bytes on disk of the snapshot that was read.", restored.nbytes),
            ("read_seconds", "How long it took to go on from it.", restored.took / SECOND),
        ):
            yield GaugeMetricFamily(f"carpel_engine_snapshot_{name}", text, value=value)
    yield from _of_auditor(service, workspaces)


def _of_auditor(service: Service, workspaces: Sequence[Workspace]) -> Iterator[Metric]:
    audited = CounterMetricFamily(
        "carpel_audited_segments", "Segments held against the recompute.", labels=_WORKSPACE
    )
    differences = CounterMetricFamily(
        "carpel_audit_differences",
        "Contacts that were in by one count and out by the other.",
        labels=_WORKSPACE,
    )
    for one in workspaces:
        audited.add_metric([one.name], service.auditor.audited[one.no])
        differences.add_metric([one.name], service.auditor.differences[one.no])
    yield from (audited, differences)
