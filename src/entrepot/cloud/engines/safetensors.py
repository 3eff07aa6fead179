"""Tables of vectors from safetensors: read by name, never unpickled.

A safetensors file is eight bytes for the length of its header, a header of JSON that names each tensor with its type,
shape and place, and then nothing but numbers (https://github.com/huggingface/safetensors, format). So it is read here
with numpy alone, and whatever does not add up is refused before a number is used.
"""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from entrepot.kernel import Invalid

HEADER_MAX = 100 << 20
DTYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1",
    "U8": "u1", "BOOL": "?", "U16": "<u2", "U32": "<u4", "U64": "<u8", "F8_E4M3": "u1", "F8_E5M2": "u1",
}  # fmt: skip


class Tensor(msgspec.Struct, frozen=True):
    """Where a tensor lies in its file."""

    dtype: str
    shape: tuple[int, ...]
    data_offsets: tuple[int, int]


def read_header(path: Path) -> tuple[dict[str, Tensor], int]:
    """The tensors of a file by name, and where their numbers begin. Invalid for a file that does not add up."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= min(HEADER_MAX, max(size - 8, 0)):
            raise _broken(path)
        text = file.read(length)
    try:
        header = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
        header.pop("__metadata__", None)
        tensors = {name: msgspec.json.decode(raw, type=Tensor) for name, raw in header.items()}
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _broken(path) from None
    begin = 8 + length
    if not tensors or any(not _fits(tensor, size - begin) for tensor in tensors.values()):
        raise _broken(path)
    return tensors, begin


def read_matrix(path: Path, tensor: Tensor, begin: int) -> npt.NDArray[np.float32]:
    """A tensor's numbers as they are used: float32."""
    kind = np.dtype(DTYPES[tensor.dtype])
    raw = np.fromfile(path, kind, math.prod(tensor.shape), offset=begin + tensor.data_offsets[0]).reshape(tensor.shape)
    if tensor.dtype == "BF16":  # the upper half of a float32
        return (raw.astype(np.uint32) << 16).view(np.float32)
    return raw.astype(np.float32)


def _fits(tensor: Tensor, size: int) -> bool:
    first, last = tensor.data_offsets
    if tensor.dtype not in DTYPES or any(each < 0 for each in tensor.shape) or not 0 <= first <= last <= size:
        return False
    return math.prod(tensor.shape) * np.dtype(DTYPES[tensor.dtype]).itemsize == last - first


def _broken(path: Path) -> Invalid:
    return Invalid(f"{path.name} is not the safetensors file that its name says: is it whole?")
