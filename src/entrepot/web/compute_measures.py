"""The cloud's measures at /metrics: what the gateway of this process counted, read when somebody looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from entrepot import cloud


class ComputeMeasures(Collector):
    """Calls, quantities, spending, refusals, waits, engines. `waiting` tells how many usage rows wait to be written."""

    def __init__(self, gateway: cloud.Gateway, waiting: Callable[[], int]) -> None:
        self._gateway = gateway
        self._waiting = waiting

    def collect(self) -> Iterator[Metric]:
        """See `prometheus_client`."""
        watch = self._gateway.watch
        calls = CounterMetricFamily("entrepot_compute_calls", "Calls of models by how they ended", labels=_CALLS)
        for names, count in sorted(watch.calls.items()):
            calls.add_metric(names, count)
        used = CounterMetricFamily("entrepot_compute_used", "What was billed, in the meter's units", labels=_USED)
        for names, count in sorted(watch.quantities.items()):
            used.add_metric(names, count)
        spent = CounterMetricFamily("entrepot_compute_spend_nano", "What it cost, in nano units", labels=_MODEL)
        for model, price in sorted(watch.spent.items()):
            spent.add_metric([model], price)
        restarts = CounterMetricFamily("entrepot_compute_engine_restarts", "Engines that died", labels=_MODEL)
        for model, count in sorted(watch.restarts.items()):
            restarts.add_metric([model], count)
        refused = CounterMetricFamily("entrepot_compute_refused", "Calls that were refused, by why", labels=_REASON)
        for reason, count in sorted(watch.refusals.totals.items()):
            refused.add_metric([reason], count)
        yield from (calls, used, spent, restarts, refused, self._waits(), *self._gauges())

    def _waits(self) -> Metric:
        waits = HistogramMetricFamily(
            "entrepot_compute_queue_wait_seconds", "How long calls waited for their turn", labels=_MODEL
        )
        for model, each in sorted(self._gateway.watch.waits.items()):
            bounds = [f"{bound:g}" for bound in cloud.WAIT_BUCKETS_S]
            buckets = [*zip(bounds, map(float, each.within), strict=True), ("+Inf", float(each.calls))]
            waits.add_metric([model], buckets, each.total_s)
        return waits

    def _gauges(self) -> Iterator[Metric]:
        models = self._gateway.look().models
        running = GaugeMetricFamily("entrepot_compute_running", "Calls that have their turn", labels=_MODEL)
        waiting = GaugeMetricFamily("entrepot_compute_waiting", "Calls that wait for their turn", labels=_MODEL)
        memory = GaugeMetricFamily("entrepot_compute_memory_bytes", "What loaded models take", labels=_MODEL)
        for model in models:
            running.add_metric([model.model], model.running)
            waiting.add_metric([model.model], model.waiting)
            memory.add_metric([model.model], model.memory_mib << 20)
        unwritten = GaugeMetricFamily("entrepot_compute_usage_unwritten", "Usage rows that wait to be written")
        unwritten.add_metric([], self._waiting())
        yield from (running, waiting, memory, unwritten)


_CALLS = ("model", "outcome")
_USED = ("model", "meter")
_MODEL = ("model",)
_REASON = ("reason",)
