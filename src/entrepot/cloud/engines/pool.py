"""Loaded models: which engine runs a model, within a budget of memory and cores that nobody oversteps.

A model is loaded when it is first asked and unloaded when it was not asked for a while, or when another needs its
memory. Cores are given out here and nowhere else: engines that each took all of them would be slower than one alone.
"""

from __future__ import annotations

import time
from functools import partial

import structlog

from entrepot.kernel import Blobs, Unavailable

from ..registry import Model
from ..types import Settings
from ..watching import Watch
from .base import Engine
from .opening import open_engine
from .turns import Turns

GROWTH = 1.5
"""A loaded model takes about so many times its file."""
MIB = 1 << 20

log = structlog.get_logger(__name__)


class Loaded:
    """A model that may be asked: its engine, and the turns of those who ask."""

    def __init__(self, model: Model, engine: Engine, turns: Turns, memory: int) -> None:
        self.model = model
        self.engine = engine
        self.turns = turns
        self.memory = memory
        self.used_at = time.monotonic()


class Pool:
    """The engines of one process. Used from its event loop only."""

    def __init__(self, blobs: Blobs, settings: Settings) -> None:
        self._blobs = blobs
        self._settings = settings
        self._loaded: dict[str, Loaded] = {}
        self.watch = Watch()

    @property
    def loaded(self) -> list[Loaded]:
        """What is loaded now."""
        return list(self._loaded.values())

    async def get(self, model: Model) -> Loaded:
        """The model's engine, made when there is none. Unavailable when it does not fit beside what is in use."""
        loaded = self._loaded.get(model.id)
        if loaded is None:
            memory = sum(each.size for each in model.files)
            await self._make_room(int(memory * GROWTH))
            turns = Turns(self._slots(model), self._settings.weights, self._settings.shop_share)
            loaded = self._loaded.setdefault(model.id, Loaded(model, self._open(model), turns, int(memory * GROWTH)))
        loaded.used_at = time.monotonic()
        return loaded

    async def unload_idle(self) -> None:
        """Unload what was not asked for a while."""
        now = time.monotonic()
        for loaded in self.loaded:
            if not loaded.turns.is_busy and now - loaded.used_at > self._settings.idle_s:
                await self._unload(loaded)

    async def close(self) -> None:
        """Unload everything."""
        for loaded in self.loaded:
            await self._unload(loaded)

    async def _make_room(self, memory: int) -> None:
        most = self._settings.memory_mib * MIB
        if memory > most:
            raise Unavailable(f"This model needs {memory // MIB} MiB, and cloud.memory_mib gives {most // MIB}")
        for loaded in sorted(self.loaded, key=lambda each: each.used_at):
            if sum(each.memory for each in self.loaded) + memory <= most:
                return
            if not loaded.turns.is_busy:
                await self._unload(loaded)
        if sum(each.memory for each in self.loaded) + memory > most:
            raise Unavailable(
                "Every model that is loaded is in use, and there is no memory for another: try again soon"
            )

    async def _unload(self, loaded: Loaded) -> None:
        self._loaded.pop(loaded.model.id, None)
        await loaded.engine.close()
        log.info("a model was unloaded", model=loaded.model.name, memory_mib=loaded.memory // MIB)

    def _slots(self, model: Model) -> int:
        return {"llama": self._settings.parallel, "upstream": 64}.get(model.engine, 1)

    def _open(self, model: Model) -> Engine:
        noted = partial(self.watch.restarted, model.name)
        return open_engine(model, self._blobs, self._settings, known=model.capabilities, when_restarted=noted)
