"""What one process can serve, and who waits for it: the loaded models, the memory and cores they share, the shares."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping

import msgspec

from ..fair import FairQueue
from ..types import Settings
from ..watching import Waits, Watch
from .pool import MIB, Loaded, Pool


class Tenant(msgspec.Struct, frozen=True):
    """An organisation at one model: its weight, its calls under way and waiting, and since the process began what share
    of the work was its own (of 1) and how long its calls waited."""

    organisation: str
    weight: float
    running: int
    waiting: int
    share: float
    calls: int
    waited_s_mean: float
    waited_s_max: float


class LoadedModel(msgspec.Struct, frozen=True):
    """A model that is loaded: what it takes, how long nobody has asked for it, who is at it. `wait_s` is what a call of
    somebody new would be told now."""

    model: str
    version: int
    kind: str
    engine: str
    memory_mib: int
    idle_s: float
    slots: int
    running: int
    waiting: int
    wait_s: float
    restarts: int
    tenants: tuple[Tenant, ...]


class Capacity(msgspec.Struct, frozen=True):
    """One process's engines. `cores` of the machine, `threads` of them for models that write."""

    cores: int
    threads: int
    parallel: int
    memory_mib: int
    memory_mib_max: int
    idle_s_max: int
    models: tuple[LoadedModel, ...]


def capacity_of(pool: Pool, watch: Watch, settings: Settings) -> Capacity:
    """How things stand now."""
    cores = os.cpu_count() or 2
    models = tuple(_view(loaded, watch) for loaded in sorted(pool.loaded, key=lambda each: each.model.name))
    return Capacity(
        cores, settings.threads or max(cores - 1, 1), settings.parallel, sum(each.memory_mib for each in models),
        settings.memory_mib, settings.idle_s, models,
    )  # fmt: skip


def _view(loaded: Loaded, watch: Watch) -> LoadedModel:
    now, model, queue = time.monotonic(), loaded.model, loaded.turns.queue
    running, waiting = queue.running(), queue.waiting()
    return LoadedModel(
        model.name, model.version, model.kind, model.engine, loaded.memory // MIB,
        0.0 if loaded.turns.is_busy else round(now - loaded.used_at, 1), queue.slots, sum(running.values()),
        sum(waiting.values()), round(queue.wait_s("", now), 3), watch.restarts[model.name],
        _tenants(model.name, queue, watch),
    )  # fmt: skip


def _tenants(model: str, queue: FairQueue, watch: Watch) -> tuple[Tenant, ...]:
    running, waiting = queue.running(), queue.waiting()
    work: Mapping[str, float] = watch.work.get(model, {})
    done = sum(work.values())

    def view(name: str) -> Tenant:
        waits = watch.tenant_waits.get((model, name), Waits())
        return Tenant(
            name, queue.weights.get(name, 1.0), running.get(name, 0), waiting.get(name, 0),
            round(work.get(name, 0.0) / done, 4) if done else 0.0, waits.calls,
            round(waits.total_s / max(waits.calls, 1), 4), round(waits.longest_s, 4),
        )  # fmt: skip

    tenants = map(view, running.keys() | waiting.keys() | work.keys())
    return tuple(sorted(tenants, key=lambda each: (-each.share, each.organisation)))
