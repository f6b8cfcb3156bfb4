"""OpenTelemetry: a span for each request, sent by OTLP when an endpoint is set.

The libraries come with the extra `otel` and are loaded only then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from carpel import __version__

Span = Callable[[int, str | None], None]
Tracing = Callable[[str, dict[str, Any], dict[str, str]], AbstractContextManager[Span]]


class NoTelemetry(Exception):
    """An endpoint is set, but the libraries are not installed."""


def tracing_to(endpoint: str) -> tuple[Tracing, Callable[[], None]]:
    """How a request is traced, and what ends tracing; nothing happens without an endpoint.

    Args:
        endpoint: where OTLP over HTTP is taken, such as http://localhost:4318.

    Raises:
        NoTelemetry: the libraries are missing.
    """
    if not endpoint:
        return _nothing, lambda: None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
            OTLPSpanExporter,
        )
        from opentelemetry.propagate import extract  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
        from opentelemetry.trace import SpanKind, Status, StatusCode  # noqa: PLC0415
    except ImportError:
        raise NoTelemetry("otel_endpoint is set: install carpel with the extra otel") from None
    resource = Resource.create({"service.name": "carpel", "service.version": __version__})
    provider = TracerProvider(resource=resource)
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    tracer = provider.get_tracer("carpel", __version__)

    @contextmanager
    def trace(name: str, attributes: dict[str, Any], headers: dict[str, str]) -> Iterator[Span]:
        with tracer.start_as_current_span(
            name, context=extract(headers), kind=SpanKind.SERVER, attributes=attributes
        ) as span:

            def answered(status: int, route: str | None) -> None:
                span.set_attribute("http.response.status_code", status)
                if route is not None:
                    span.set_attribute("http.route", route)
                    span.update_name(f"{attributes['http.request.method']} {route}")
                if status >= 500:  # noqa: PLR2004
                    span.set_status(Status(StatusCode.ERROR))

            yield answered

    return trace, provider.shutdown


@contextmanager
def _nothing(_name: str, _attributes: dict[str, Any], _headers: dict[str, str]) -> Iterator[Span]:
    yield lambda _status, _route: None
