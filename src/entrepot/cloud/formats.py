"""Which files are taken for models: formats that hold nothing but data, checked by what is in them.

A pickle is a program of whoever wrote it, whatever its name says, and so is an archive that holds one. So a file is not
believed: GGUF must begin as GGUF does, safetensors must be a header of JSON and then just the numbers that it names, an
ONNX file must be whole fields of one protocol buffer to its very end and keep its numbers inside, and everything else
of a model must be JSON.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import msgspec

from entrepot.kernel import Invalid, Unavailable

from .engines.safetensors import read_header

PICKLES = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"BZh", b"7z")
"""How a pickle begins, and archives that could hold one: torch keeps its own in a zip."""
PICKLE_NAMES = (
    ".pt",
    ".pth",
    ".bin",
    ".pkl",
    ".pickle",
    ".ckpt",
    ".joblib",
    ".npy",
    ".npz",
    ".h5",
    ".keras",
    ".msgpack",
)
GGUF_VERSIONS = (2, 3)
JSON_MAX = 64 << 20
TEXT_MAX = 1 << 20
GRAPH = 7
"""The field of an ONNX file that holds the model itself (onnx.proto, ModelProto)."""
FIELDS_MAX = 100_000


def check_weights(path: Path) -> None:
    """Refuse a file that is not what its name says, or could be a program."""
    try:
        with path.open("rb") as file:
            head = file.read(24)
            size = path.stat().st_size
            if head.startswith(PICKLES) or path.suffix.lower() in PICKLE_NAMES:
                raise Invalid(f"{path.name} is a pickle, or could hold one: that is a program, not data. Convert it to "
                              "safetensors, GGUF or ONNX")  # fmt: skip
            match path.suffix.lower():
                case ".gguf":
                    right = head[:4] == b"GGUF" and int.from_bytes(head[4:8], "little") in GGUF_VERSIONS
                case ".safetensors":
                    read_header(path)
                    right = True
                case ".onnx":
                    right = _is_onnx(file, size)
                case _:
                    raise Invalid(f"{path.name} is no model that is known here: GGUF, ONNX and safetensors are")
    except OSError as error:
        raise Unavailable(f"{path} cannot be read: {error.strerror}") from error
    if not right:
        raise Invalid(f"{path.name} is not the {path.suffix[1:]} file that its name says: is it whole?")


def check_json(name: str, content: bytes) -> None:
    """Refuse what is said to be JSON (a tokeniser, a configuration) and is not."""
    try:
        if len(content) > JSON_MAX:
            raise Invalid(f"{name} is larger than {JSON_MAX >> 20} MiB: it cannot be what its name says")
        found = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Invalid(f"{name} is not JSON: it is not what its name says") from None
    if not isinstance(found, dict):
        raise Invalid(f"{name} is not what its name says")


def check_text(name: str, content: bytes) -> None:
    """Refuse what is said to be a template and is no short text."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise Invalid(f"{name} is no text: it is not what its name says") from None
    if len(text) > TEXT_MAX or "\0" in text:
        raise Invalid(f"{name} is not what its name says")


def _is_onnx(file: BinaryIO, size: int) -> bool:
    """Whether a file is whole fields of a protocol buffer from its first byte to its last, one of them the model."""
    file.seek(0)
    has_graph = False
    for _ in range(FIELDS_MAX):
        if file.tell() == size:
            return has_graph
        tag = _varint(file)
        if tag is None:
            return False
        number, kind = tag >> 3, tag & 7
        length = {0: None, 1: 8, 2: _varint(file) if kind == 2 else 0, 5: 4}.get(kind, -1)
        if kind == 0:
            if _varint(file) is None:
                return False
            continue
        if length is None or length < 0 or file.tell() + length > size or not 0 < number <= 64:
            return False
        has_graph = has_graph or (number == GRAPH and kind == 2 and length > 0)
        file.seek(length, 1)
    return False


def _varint(file: BinaryIO) -> int | None:
    """A number as protocol buffers write it; None where there is none."""
    value = 0
    for shift in range(0, 64, 7):
        byte = file.read(1)
        if not byte:
            return None
        value |= (byte[0] & 0x7F) << shift
        if not byte[0] & 0x80:
            return value
    return None
