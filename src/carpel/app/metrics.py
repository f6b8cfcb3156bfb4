"""What Prometheus is told at /metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector
from typing_extensions import override

from carpel.domain.workspaces import Workspace
from carpel.kit.clock import SECOND
from carpel.kit.instants import LATEST

from .engine_metrics import engine_metrics
from .service import Service

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_WORKSPACE = ["workspace"]


class Metrics:
    """Counts requests as they are answered, and looks at everything else when it is asked."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._process = CollectorRegistry(auto_describe=False)
        ProcessCollector(registry=self._process)
        PlatformCollector(registry=self._process)
        self._requests = Histogram(
            "carpel_request_duration_seconds",
            "Time from a request's first byte to its answer's last.",
            ["door", "method", "route", "status"],
            buckets=_BUCKETS,
            registry=self._process,
        )

    def answered(self, about: tuple[str, str, str, str], seconds: float) -> None:
        """A request was answered: its door, method, route (where the door tells it) and status."""
        self._requests.labels(*about).observe(seconds)

    def text(self, workspaces: Iterable[Workspace]) -> bytes:
        """All of it in Prometheus' text format; of workspaces only these."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Look(self._service, list(workspaces)))
        return generate_latest(self._process) + generate_latest(registry)


class _Look(Collector):
    def __init__(self, service: Service, workspaces: list[Workspace]) -> None:
        self._service = service
        self._workspaces = workspaces

    @override
    def collect(self) -> Iterator[Metric]:
        yield from self._of_workspaces()
        yield from engine_metrics(self._service, self._workspaces)
        yield from self._of_webhooks()
        yield from self._of_ingest()

    def _of_workspaces(self) -> Iterator[Metric]:
        service, now = self._service, self._service.clock.now()
        contacts = GaugeMetricFamily("carpel_contacts", "Contacts.", labels=_WORKSPACE)
        segments = GaugeMetricFamily("carpel_segments", "Segments.", labels=_WORKSPACE)
        members = GaugeMetricFamily(
            "carpel_members", "Members of all segments together.", labels=_WORKSPACE
        )
        inexact = GaugeMetricFamily(
            "carpel_segments_behind", "Segments whose count is not exact now.", labels=_WORKSPACE
        )
        due = GaugeMetricFamily(
            "carpel_segments_due", "Segments that time alone can change.", labels=_WORKSPACE
        )
        next_due = GaugeMetricFamily(
            "carpel_next_due_seconds", "Until time next changes a segment.", labels=_WORKSPACE
        )
        changes = CounterMetricFamily(
            "carpel_changes", "Changes of membership, since the beginning.", labels=_WORKSPACE
        )
        for workspace in self._workspaces:
            names = [workspace.name]
            everyone = service.segments.list_of(workspace, archived=None)
            counts = [service.segments.count(one) for one in everyone]
            state = service.engine.state(workspace.no)
            contacts.add_metric(names, service.contacts.count(workspace))
            segments.add_metric(names, len(everyone))
            members.add_metric(names, sum(one.value for one in counts))
            inexact.add_metric(names, sum(not one.exact for one in counts))
            due.add_metric(names, state.timed)
            if state.next_due < LATEST:
                next_due.add_metric(names, max(0, state.next_due - now) / SECOND)
            changes.add_metric(names, service.feed.newest(workspace.no))
        yield from (contacts, segments, members, inexact, due, next_due, changes)

    def _of_webhooks(self) -> Iterator[Metric]:
        labels = [*_WORKSPACE, "state"]
        webhooks = GaugeMetricFamily("carpel_webhooks", "Webhooks by state.", labels=labels)
        pending = GaugeMetricFamily(
            "carpel_webhook_pending_changes", "Changes after the last delivered.", labels=_WORKSPACE
        )
        for workspace in self._workspaces:
            found = self._service.webhooks.list_of(workspace.no)
            for state, count in Counter(one.state for one in found).items():
                webhooks.add_metric([workspace.name, state], count)
            newest = self._service.feed.newest(workspace.no)
            waiting = max((newest - one.cursor for one in found if one.enabled), default=0)
            pending.add_metric([workspace.name], waiting)
        yield from (webhooks, pending)

    def _of_ingest(self) -> Iterator[Metric]:
        ingest, now = self._service.ingest, self._service.clock.now()
        since = ingest.outstanding_since
        yield from self._of_intake(now)
        yield GaugeMetricFamily(
            "carpel_log_waiting_bytes",
            "Of the log, durable and not applied yet.",
            value=ingest.waiting_bytes,
        )
        yield CounterMetricFamily(
            "carpel_log_records", "Records of the log, since the beginning.", value=ingest.last_seq
        )
        yield GaugeMetricFamily(
            "carpel_applied_lag_seconds",
            "Since when the oldest durable record waits to be counted.",
            value=0 if since is None else max(0, now - since) / SECOND,
        )
        yield GaugeMetricFamily(
            "carpel_applying", "1 while data is applied.", value=int(ingest.failure is None)
        )
        yield GaugeMetricFamily(
            "carpel_feed_writing",
            "1 while changes can be written.",
            value=int(self._service.feed.failure is None),
        )

    def _of_intake(self, now: int) -> Iterator[Metric]:
        labels = [*_WORKSPACE, "kind"]
        taken = CounterMetricFamily(
            "carpel_ingested",
            "Contacts, events and erasures taken in since the process began.",
            labels=labels,
        )
        rate = GaugeMetricFamily(
            "carpel_ingest_per_second", "The same over the last minute.", labels=labels
        )
        intake = self._service.ingest.intake
        totals, rates = intake.totals(), intake.rates(now)
        for workspace in self._workspaces:
            for kind in ("contacts", "events", "erasures"):
                place = (workspace.no, kind)
                taken.add_metric([workspace.name, kind], totals.get(place, 0))
                rate.add_metric([workspace.name, kind], rates.get(place, 0.0))
        yield from (taken, rate)
