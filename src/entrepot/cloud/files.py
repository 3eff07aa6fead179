"""A model's files: kept as blobs by their sha256, each in its role, and loaded once to see what the model can do."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from entrepot.kernel import Blobs, Invalid

from .capabilities import Capabilities
from .engines.base import Engine, EngineFault, Unable
from .engines.opening import open_engine
from .formats import check_json, check_text, check_weights
from .registry import EngineName, Kind, ModelDraft, ModelFile
from .types import Settings

TOKENIZER, CONFIG = "tokenizer.json", "config.json"
EXTRAS = {TOKENIZER: "tokenizer", CONFIG: "config", "tokenizer_config.json": "tokenizer_config",
          "generation_config.json": "generation_config", "special_tokens_map.json": "special_tokens",
          "model.safetensors.index.json": "index", "chat_template.jinja": "template"}  # fmt: skip
"""What may stand beside the weights, and its role."""
ENGINES: dict[str, EngineName] = {".gguf": "llama", ".onnx": "onnx"}
KINDS: dict[EngineName, Kind] = {"llama": "chat", "onnx": "embedding", "static": "embedding", "e5": "embedding",
                                 "transformers": "chat"}  # fmt: skip
"""What a model is loaded as when nobody says what it is made for; what it can do then tells."""


def store_files(
    blobs: Blobs, weights: Path | Sequence[Path], tokenizer: bytes | None = None, extras: Mapping[str, bytes] = {}
) -> tuple[ModelFile, ...]:  # fmt: skip
    """Keep a model's files as blobs. Invalid for what may not be loaded.

    `extras` are the files beside the weights, by their names: JSON, and a template that is rendered in a sandbox.
    """
    paths = [weights] if isinstance(weights, Path) else list(weights)
    beside = {**extras, **({TOKENIZER: tokenizer} if tokenizer is not None else {})}
    for name, content in beside.items():
        if name not in EXTRAS:
            raise Invalid(f"{name} is not needed by any engine here: leave it out")
        check_text(name, content) if name.endswith(".jinja") else check_json(name, content)
    for path in paths:
        if path.suffix != ".bin" or not _is_packaged(path):
            check_weights(path)
    files = [ModelFile("weights", path.name, blobs.put_file(path), path.stat().st_size) for path in paths]
    files += [
        ModelFile(EXTRAS[name], name, blobs.put(content), len(content)) for name, content in sorted(beside.items())
    ]
    return tuple(files)


def engine_for(weights: Path, extras: Mapping[str, bytes]) -> EngineName:
    """The engine that serves such files: safetensors with a configuration are a transformer's, others a table's."""
    if weights.suffix.lower() == ".safetensors":
        return "transformers" if CONFIG in extras else "static"
    engine = ENGINES.get(weights.suffix.lower())
    if engine is None:
        raise Invalid(f"No engine here serves {weights.suffix} files: convert it to GGUF, ONNX or safetensors")
    return engine


def fitting_kind(known: Capabilities) -> Kind:
    """What a model is made for by what was found out, where nobody said it."""
    if known.rerank and known.dimensions is None:
        return "rerank"
    if known.dimensions is not None:
        return "embedding"
    return "chat" if known.chat else "completion"


def probe(blobs: Blobs, draft: ModelDraft, context: int = Settings().context) -> Capabilities:
    """Load a model as it will be served, with so many tokens to look at; ask what it can do, and let it go.

    Invalid when it cannot be loaded.
    """
    try:
        return asyncio.run(_ask(open_engine(draft, blobs, Settings(context=context), parallel=1), draft))
    except (EngineFault, Unable) as problem:
        raise Invalid(f"{draft.name} cannot be served: {problem}") from problem


async def _ask(engine: Engine, draft: ModelDraft) -> Capabilities:
    try:
        known = await engine.capabilities()
        if draft.kind == "embedding" and known.dimensions is None and not known.rerank:
            found = await engine.embed(["a"])
            known = msgspec.structs.replace(known, dimensions=int(found.vectors.shape[1]))
        return known
    finally:
        await engine.close()


def _is_packaged(path: Path) -> bool:
    """Whether a file is the one of an installed package that only its own engine reads."""
    from .packages import PACKAGES, folder_of

    return any(
        each.engine == "e5" and (folder := folder_of(each.package)) is not None and path == folder / each.pattern
        for each in PACKAGES
    )
