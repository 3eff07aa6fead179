"""What an operator's monitoring reads at /metrics: requests by route, and how far the background work is behind."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_BUCKETS_S = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


class Measures:
    """The measures of one application, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "entrepot_requests_total", "Answers", ("method", "route", "status"), registry=self.registry
        )
        self._latency = Histogram(
            "entrepot_request_seconds",
            "Time to answer",
            ("method", "route"),
            buckets=_BUCKETS_S,
            registry=self.registry,
        )

    def request(self, method: str, route: str, status: int, took_s: float) -> None:
        """Count one answer."""
        known = method if method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} else "other"
        self._requests.labels(known, route, str(status)).inc()
        self._latency.labels(known, route).observe(took_s)

    def gauge(self, name: str, what: str, read: Callable[[], float]) -> None:
        """A figure that is read when somebody asks."""
        Gauge(f"entrepot_{name}", what, registry=self.registry).set_function(read)

    def exposition(self) -> bytes:
        """Everything, in the Prometheus text format."""
        return generate_latest(self.registry)
