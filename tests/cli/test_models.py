"""Models and bills from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from entrepot import cloud
from entrepot.cli import main
from tests.cloud import tiny


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def run(home: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["--home", str(home), *words])


def test_a_packaged_model_is_added_listed_and_taken_back(home: Path) -> None:
    if cloud.find_package("minilm-l6-v2") is None or not tiny.is_installed("onnxruntime"):
        pytest.skip("the weights of MiniLM are not installed: run `make models`")
    added = run(home, "models", "add", "minilm-l6-v2", "--price", "embedding_tokens=0.01")
    assert "minilm-l6-v2@1 (embedding, 256 tokens, 384 dimensions)" in added.output, added.output
    assert "embedding_tokens 0.01 per 1,000,000" in run(home, "models", "list").output
    assert run(home, "models", "remove", "minilm-l6-v2").exit_code == 0
    assert "withdrawn" in run(home, "models", "list").output


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"\x80\x04evil", "model.gguf", "is a pickle"),
        (b"PK\x03\x04zip", "model.onnx", "is a pickle"),
        (b"nothing", "model.gguf", "is it whole?"),
        (b"text", "model.bin", "is a pickle"),
        (b"text", "model.txt", "no model that is known"),
    ],
)
def test_a_file_that_is_no_model_is_refused_with_a_sentence(
    home: Path, tmp_path: Path, content: bytes, name: str, sentence: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    done = run(home, "models", "add", str(path), "--licence", "MIT", "--price", "input_tokens=0")
    assert done.exit_code == 1
    assert sentence in done.output


def test_a_price_is_needed_and_must_be_one(home: Path, tmp_path: Path) -> None:
    assert "no meter" in run(home, "models", "add", "x", "--price", "words=1").output
    assert "at most nine decimals" in run(home, "models", "add", "x", "--price", "input_tokens=1/3").output
    assert "neither a file nor an installed model" in run(home, "models", "add", "x").output
