"""What is taken for a model: data that adds up; never a program, whatever it is called."""

from __future__ import annotations

import io
import json
import pickle
import struct
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.cloud.engines.safetensors import read_header, read_matrix
from entrepot.cloud.formats import check_json, check_text, check_weights
from entrepot.kernel import Invalid
from tests.cloud import tiny

ENDINGS = ("gguf", "safetensors", "onnx")


class Evil:
    """What a pickle may do."""

    def __reduce__(self) -> tuple[object, tuple[str, ...]]:
        return (print, ("run",))


def archives() -> dict[str, bytes]:
    """Pickles by themselves and in everything that holds them."""
    found = {f"protocol {number}": pickle.dumps(Evil(), number) for number in range(6)}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("archive/data.pkl", found["protocol 2"])
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("pickle"), io.BytesIO())
    array = io.BytesIO()
    np.save(array, np.array([Evil()], dtype=object), allow_pickle=True)
    return {**found, "zip": packed.getvalue(), "tar": tar.getvalue(), "npy": array.getvalue(), "nothing": b""}


@pytest.mark.parametrize("ending", [*ENDINGS, "pt", "bin", "pth", "ckpt", "pkl", "npy", "txt", ""])
@pytest.mark.parametrize("name", archives())
def test_a_pickle_is_refused_under_every_name(tmp_path: Path, name: str, ending: str) -> None:
    path = tmp_path / f"model.{ending}"
    path.write_bytes(archives()[name])
    with pytest.raises(Invalid):
        check_weights(path)


@given(content=st.binary(max_size=400), ending=st.sampled_from(("safetensors", "onnx")))
def test_noise_is_no_model(tmp_path_factory: pytest.TempPathFactory, content: bytes, ending: str) -> None:
    path = tmp_path_factory.getbasetemp() / f"noise.{ending}"
    path.write_bytes(content)
    with pytest.raises(Invalid):
        check_weights(path)


def test_real_files_pass_and_cut_ones_do_not(tmp_path: Path) -> None:
    pytest.importorskip("tokenizers")
    for path in (tiny.table(tmp_path), tiny.encoder(tmp_path), tiny.cross_encoder(tmp_path)):
        check_weights(path)
        whole = path.read_bytes()
        for cut in (whole[:-1], whole[: len(whole) // 2], whole + pickle.dumps(Evil(), 2)):
            path.write_bytes(cut)
            if path.suffix == ".safetensors" and len(cut) > len(whole):
                continue  # what lies behind the numbers is never read
            with pytest.raises(Invalid):
                check_weights(path)


@pytest.mark.parametrize(
    "header",
    [
        {"a": {"dtype": "F32", "shape": [4], "data_offsets": [0, 999]}},
        {"a": {"dtype": "F32", "shape": [4], "data_offsets": [-16, 0]}},
        {"a": {"dtype": "F32", "shape": [-4], "data_offsets": [0, 16]}},
        {"a": {"dtype": "F32", "shape": [5], "data_offsets": [0, 16]}},
        {"a": {"dtype": "O", "shape": [4], "data_offsets": [0, 16]}},
        {"a": {"dtype": "F32", "shape": [2**62, 2**62], "data_offsets": [0, 16]}},
        {"a": "text"}, [], {}, {"__metadata__": {"a": "b"}},
    ],
)  # fmt: skip
def test_a_header_that_does_not_add_up_is_refused(tmp_path: Path, header: object) -> None:
    text = json.dumps(header).encode()
    path = tmp_path / "x.safetensors"
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(16))
    with pytest.raises(Invalid):
        check_weights(path)


@pytest.mark.parametrize("dtype", ["F32", "F16", "BF16"])
def test_numbers_are_read_as_they_were_written(tmp_path: Path, dtype: str) -> None:
    wanted = np.array([[1.5, -2.0], [0.25, 8.0]], np.float32)
    raw = {"F32": wanted, "F16": wanted.astype(np.float16), "BF16": (wanted.view(np.uint32) >> 16).astype(np.uint16)}
    body = raw[dtype].tobytes()
    header = json.dumps({"m": {"dtype": dtype, "shape": [2, 2], "data_offsets": [0, len(body)]}}).encode()
    path = tmp_path / "x.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header + body)
    tensors, begin = read_header(path)
    assert np.array_equal(read_matrix(path, tensors["m"], begin), wanted)


def test_what_stands_beside_must_be_what_its_name_says() -> None:
    check_json("tokenizer.json", b"{}")
    check_text("chat_template.jinja", b"{{ x }}")
    for content in (b"", b"[]", b"\x80\x04.", b"{", b"1"):
        with pytest.raises(Invalid):
            check_json("tokenizer.json", content)
    for content in (b"\x80\x04.", b"a\0b"):
        with pytest.raises(Invalid):
            check_text("chat_template.jinja", content)
