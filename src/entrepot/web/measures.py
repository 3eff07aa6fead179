"""What an operator's monitoring reads at /metrics: requests by route, and how far the background work is behind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from .siblings import Family, Summed, families_of

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_BUCKETS_S = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


class Measures:
    """The measures of one application: what it counts in a registry of its own, what it reads beside it."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = self._counter("requests_total", "Answers", "method", "route", "status")
        self._latency = self._histogram("request_seconds", "Time to answer", "method", "route")
        self._commands = self._histogram("command_seconds", "Time from handing a command to the writer to its commit")
        self._in_flight = Gauge(
            "entrepot_commands_in_flight", "Commands that wait for their commit", registry=self.registry
        )
        self._read = CollectorRegistry()
        self._figures: dict[str, Gauge] = {}

    def request(self, method: str, route: str, status: int, took_s: float) -> None:
        """Count one answer."""
        known = method if method in _METHODS else "other"
        self._requests.labels(known, route, str(status)).inc()
        self._latency.labels(known, route).observe(took_s)

    @contextmanager
    def command(self) -> Iterator[None]:
        """Count and time one command."""
        with self._in_flight.track_inprogress(), self._commands.time():
            yield

    def set(self, name: str, what: str, value: float) -> None:
        """Note a figure that was just read, and that every process would read."""
        if name not in self._figures:
            self._figures[name] = Gauge(f"entrepot_{name}", what, registry=self._read)
        self._figures[name].set(value)

    def counted(self) -> list[Family]:
        """What this process counted by now."""
        return families_of(self.registry)

    def exposition(self, others: Sequence[Family] = ()) -> bytes:
        """Everything, in the Prometheus text format, with what `others` counted added."""
        return generate_latest(Summed([*self.counted(), *others])) + generate_latest(self._read)

    def _counter(self, name: str, what: str, *labels: str) -> Counter:
        return Counter(f"entrepot_{name}", what, labels, registry=self.registry)

    def _histogram(self, name: str, what: str, *labels: str) -> Histogram:
        return Histogram(f"entrepot_{name}", what, labels, buckets=_BUCKETS_S, registry=self.registry)
