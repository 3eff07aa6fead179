"""Registering a model from the command line."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from entrepot import cloud
from entrepot.app import open_home
from entrepot.identity import Scope
from entrepot.kernel import Blobs, Invalid, Tx

ENGINES = {".gguf": "llama", ".onnx": "onnx"}
KINDS = {"llama": "chat", "onnx": "embedding"}
NAMES = {"chat": ("input_tokens", "output_tokens"), "completion": ("input_tokens", "output_tokens"),
         "embedding": ("embedding_tokens",), "rerank": ("rerank_tokens",)}  # fmt: skip


class Wishes(msgspec.Struct, frozen=True):
    """What was asked for on the command line."""

    source: str
    name: str | None
    kind: str | None
    licence: str
    tokenizer: Path | None
    prices: tuple[str, ...]


def add_model(home: Path, wishes: Wishes) -> None:
    """Keep the files, load the model once, register and publish it."""
    nano = dict(map(cloud.read_price, wishes.prices))
    entrepot = open_home(home)
    try:
        draft = _draft(entrepot.blobs, wishes)
        missing = [meter for meter in NAMES[draft.kind] if meter not in nano]
        if missing:
            raise Invalid(f"Say what it costs, zero if it is free: --price {missing[0]}=0.10")
        known = cloud.probe(entrepot.blobs, draft, entrepot.settings.cloud.context)

        def act(tx: Tx) -> cloud.Model:
            model = cloud.add_model(tx, Scope.system(), draft, known)
            cloud.add_price_book(tx, model.name, nano)
            return cloud.publish_model(tx, Scope.system(), model.id)

        model = entrepot.database.write_now(act)
    finally:
        entrepot.close()
    able = f"{known.context:,} tokens" + (f", {known.dimensions} dimensions" if known.dimensions else "")
    click.echo(f"{model.name}@{model.version} ({model.kind}, {able}) answers at /v1")


def _draft(blobs: Blobs, wishes: Wishes) -> cloud.ModelDraft:
    found = cloud.find_package(wishes.source)
    if found is not None:
        packaged, file, words = found
        draft = cloud.draft_of(packaged, cloud.store_files(blobs, file, words))
        return msgspec.structs.replace(draft, name=wishes.name or draft.name)
    path = Path(wishes.source)
    if not path.is_file():
        names = ", ".join(each.name for each in cloud.PACKAGES)
        raise Invalid(
            f"{wishes.source} is neither a file nor an installed model ({names}; `make models` installs them)"
        )
    if not wishes.licence:
        raise Invalid("Say under which licence the model is: --licence Apache-2.0")
    files = cloud.store_files(blobs, path, wishes.tokenizer.read_bytes() if wishes.tokenizer else None)
    engine = ENGINES.get(path.suffix.lower())
    if engine is None:
        raise Invalid(f"No engine here serves {path.suffix} files: convert it to GGUF or ONNX")
    name = wishes.name or path.stem.lower().replace("_", "-")
    return cloud.ModelDraft(
        name, wishes.kind or KINDS[engine], engine, cloud.Licence(wishes.licence), files,  # type: ignore[arg-type]
    )  # fmt: skip
