"""Traces: a span for each call of /v1 and each search, with its parts, sent to whoever collects them.

Off unless `serve.traces` names a collector. OpenTelemetry is imported only then; its packages are the extra `otel`. A
caller's `traceparent` (W3C Trace Context) is taken up, so that a call is one trace from end to end. Spans are made when
the answer has ended, from times that were noted, and are sent by a thread of OpenTelemetry's own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Protocol

import msgspec

from entrepot.kernel import Unavailable
from entrepot.kernel.steps import Steps, begin_steps, end_steps

SERVICE = "entrepot"
SEARCHES = frozenset({"/search", "/api/search"})


class Traced(msgspec.Struct, frozen=True):
    """A request that was answered. `route` is the template of its address; times in nanoseconds; `parent` the caller's
    `traceparent`, where one came."""

    method: str
    route: str
    status: int
    request_id: str
    began_ns: int
    ended_ns: int
    parent: str | None
    noted: Steps


class Tracer(Protocol):
    """Takes what was answered."""

    def answered(self, traced: Traced) -> None:
        """Make spans of it."""
        ...

    def close(self) -> None:
        """Send what is left."""
        ...


def is_traced(path: str) -> bool:
    """Whether requests to this address are traced: calls of models, and searches."""
    return path.startswith("/v1/") or path in SEARCHES


@contextmanager
def tracing(tracer: Tracer | None, scope: Any, status: Callable[[], int]) -> Iterator[None]:
    """Trace the request that is answered in the block, where its address says so. `status` is asked at the end."""
    if tracer is None or not is_traced(scope["path"]):
        yield
        return
    noted, token = begin_steps()
    began = time.time_ns()
    try:
        yield
    finally:
        end_steps(token)
        parent = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"traceparent"), None)
        route, request_id = str(scope.get("path_template") or "(none)"), scope["state"]["request_id"]
        tracer.answered(Traced(scope["method"], route, status(), request_id, began, time.time_ns(), parent, noted))


def open_tracer(collector: str) -> Tracer | None:
    """What sends spans by OTLP over HTTP to this address; None for an empty one. Unavailable without the extra."""
    if not collector:
        return None
    try:
        exporting = import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
        batching = import_module("opentelemetry.sdk.trace.export")
        return OpenTelemetry(batching.BatchSpanProcessor(exporting.OTLPSpanExporter(endpoint=collector)))
    except ImportError as error:
        raise Unavailable(
            "The setting serve.traces needs OpenTelemetry: pip install 'entrepot[otel]', or leave the setting empty"
        ) from error


class OpenTelemetry:
    """Makes spans for a span processor of OpenTelemetry's."""

    def __init__(self, processor: Any) -> None:
        trace = import_module("opentelemetry.sdk.trace")
        resources = import_module("opentelemetry.sdk.resources")
        self._provider: Any = trace.TracerProvider(resource=resources.Resource.create({"service.name": SERVICE}))
        self._provider.add_span_processor(processor)
        self._tracer: Any = self._provider.get_tracer(SERVICE)
        self._api: Any = import_module("opentelemetry.trace")
        self._propagator: Any = import_module(
            "opentelemetry.trace.propagation.tracecontext"
        ).TraceContextTextMapPropagator()

    def answered(self, traced: Traced) -> None:
        """See `Tracer`. Names and attributes are OpenTelemetry's conventions for HTTP servers."""
        above = self._propagator.extract({"traceparent": traced.parent}) if traced.parent else None
        attributes = {
            "http.request.method": traced.method, "http.route": traced.route,
            "http.response.status_code": traced.status, "entrepot.request_id": traced.request_id,
            **{f"entrepot.{name}": value for name, value in traced.noted.attributes.items()},
        }  # fmt: skip
        span = self._tracer.start_span(
            f"{traced.method} {traced.route}", context=above, kind=self._api.SpanKind.SERVER, attributes=attributes,
            start_time=traced.began_ns,
        )  # fmt: skip
        within = self._api.set_span_in_context(span)
        for step in traced.noted.steps:
            named = {f"entrepot.{name}": value for name, value in step.attributes.items()}
            part = self._tracer.start_span(step.name, context=within, attributes=named, start_time=step.began_ns)
            part.end(end_time=step.ended_ns)
        if traced.status >= 500:
            span.set_status(self._api.StatusCode.ERROR)
        span.end(end_time=traced.ended_ns)

    def close(self) -> None:
        """See `Tracer`."""
        self._provider.shutdown()
