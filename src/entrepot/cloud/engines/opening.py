"""Which making of an engine runs which model: the one place that knows them all."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Protocol

from entrepot.kernel import Blobs, Invalid, Unavailable

from ..capabilities import Capabilities
from ..registry import EngineName, Kind, ModelFile
from ..types import Settings
from .base import Engine
from .checked import Checked
from .connecting import Patience
from .e5 import E5
from .grammar import is_kept
from .llama import Budget, Llama
from .onnx import Onnx
from .static import Static, Table
from .transformers import Transformers
from .upstream import Upstream


class Opened(Protocol):
    """What is asked of a model, or of a draft of one."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> Kind: ...
    @property
    def engine(self) -> EngineName: ...
    @property
    def files(self) -> tuple[ModelFile, ...]: ...
    @property
    def upstream(self) -> str | None: ...


def open_engine(
    model: Opened, blobs: Blobs, settings: Settings, *, parallel: int | None = None,
    known: Capabilities | None = None, when_restarted: Callable[[], None] = lambda: None,
) -> Engine:  # fmt: skip
    """The engine of a model, not loaded yet. Invalid when it lacks files; Unavailable when its server is not known."""
    threads = settings.threads or max((os.cpu_count() or 2) - 1, 1)
    match model.engine:
        case "static" if not model.files:
            return Static()
        case "static":
            return Table(blobs.path(_file(model, "weights").sha256), blobs.get(_file(model, "tokenizer").sha256))
        case "e5":
            return E5(blobs.path(_file(model, "weights").sha256))
        case "onnx":
            words = blobs.get(_file(model, "tokenizer").sha256)
            return Onnx(blobs.path(_file(model, "weights").sha256), words, threads=threads)
        case "llama":
            budget = Budget(threads, parallel or settings.parallel, settings.context)
            path, embedding = blobs.path(_file(model, "weights").sha256), model.kind in ("embedding", "rerank")
            patience = Patience(settings.silence_s, settings.stall_s)
            llama = Llama(
                path, model.name, budget, embedding=embedding, when_restarted=when_restarted, patience=patience
            )
            return Checked(llama, is_kept)
        case "transformers":
            files = {each.name: blobs.path(each.sha256) for each in model.files}
            _file(model, "config")
            return Checked(Transformers(files, model.kind, threads=threads, context=settings.context))
        case "upstream":
            return Checked(_open_upstream(model, settings, known or Capabilities(settings.context)))


def _open_upstream(model: Opened, settings: Settings, known: Capabilities) -> Upstream:
    name, _, theirs = (model.upstream or "").partition("/")
    server = settings.upstreams.get(name)
    if server is None:
        raise Unavailable(f"The setting cloud.upstreams has no {name!r}, where {model.name} is served")
    key, patience = server.key if server.key.reveal() else None, Patience(settings.silence_s)
    return Upstream(server.url, theirs, known, key, patience=patience)


def _file(model: Opened, role: str) -> ModelFile:
    found = next((each for each in model.files if each.role == role), None)
    if found is None:
        what = {"weights": "weights", "tokenizer": "a tokenizer.json", "config": "a config.json"}[role]
        raise Invalid(f"{model.name} lacks a file that its engine needs: {what}")
    return found
