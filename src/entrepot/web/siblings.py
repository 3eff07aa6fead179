"""The measures of a server of several processes, whichever of them is asked.

Each process writes what it counted into a folder that they share, every second; who is asked adds up its own figures
and what the others wrote. Counters of a process that has ended stay in the sum, so that it never falls; its gauges go
with it. The first process makes the folder for this run of the server, and removes it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

GONE_S = 10.0
"""A process that wrote nothing for so long does nothing any more."""
GAUGE = "gauge"


class Sample(msgspec.Struct, frozen=True, array_like=True):
    """A figure under its labels."""

    name: str
    labels: dict[str, str]
    value: float


class Family(msgspec.Struct, frozen=True, array_like=True):
    """The figures of one measure. `kind` is Prometheus' own word for how it counts."""

    name: str
    what: str
    kind: str
    samples: list[Sample]


class Summed(Collector):
    """The same measure of several processes as one: figures under the same labels are added."""

    def __init__(self, families: Iterable[Family]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        """See `prometheus_client`."""
        first: dict[str, Family] = {}
        sums: dict[str, dict[tuple[str, tuple[tuple[str, str], ...]], float]] = {}
        for family in self._families:
            first.setdefault(family.name, family)
            found = sums.setdefault(family.name, {})
            for sample in family.samples:
                key = sample.name, tuple(sample.labels.items())
                found[key] = found.get(key, 0.0) + sample.value
        for name, found in sums.items():
            metric = Metric(name, first[name].what, first[name].kind)
            for (sample_name, labels), value in found.items():
                metric.add_sample(sample_name, dict(labels), value)
            yield metric


def families_of(collector: Collector) -> list[Family]:
    """Everything that is counted there, but for when each count began: a figure for each figure that nobody reads."""
    return [
        Family(metric.name, metric.documentation, metric.type, [
            Sample(each.name, each.labels, each.value)
            for each in metric.samples
            if metric.type == GAUGE or not each.name.endswith("_created")
        ])
        for metric in collector.collect()
    ]  # fmt: skip


class Siblings:
    """The folder in which the processes of one server tell each other what they counted."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._own = folder / f"{os.getpid()}.json"

    def write(self, families: Sequence[Family]) -> None:
        """Tell the others what this process counted by now."""
        draft = self._own.with_suffix(".new")
        draft.write_bytes(msgspec.json.encode(families))
        draft.replace(self._own)

    def read(self) -> list[Family]:
        """What the others counted; of those that have ended no gauges."""
        told: list[Family] = []
        for path in sorted(self._folder.glob("*.json")):
            if path != self._own:
                families = msgspec.json.decode(path.read_bytes(), type=list[Family])
                is_there = time.time() - path.stat().st_mtime < GONE_S
                told += [each for each in families if is_there or each.kind != GAUGE]
        return told
