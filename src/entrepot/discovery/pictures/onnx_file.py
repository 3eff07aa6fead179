"""Writing a projection as an ONNX model: `unit((x - mean) @ weights)`, in the wire format of protocol buffers.

The nodes are Sub, MatMul and LpNormalization of opset 13 (https://onnx.ai/onnx/operators). Only what these need of
`onnx.proto` is written, by field number, so that no package for making models has to be installed.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from .features import Floats
from .projection import Projection

INPUT, OUTPUT = "features", "vector"
_IR_VERSION, _OPSET, _FLOAT = 8, 13, 1
_INTEGER_ATTRIBUTE = 2


def to_onnx(projection: Projection) -> bytes:
    """A model from rows of features (`features`, N by their number) to rows of unit length (`vector`)."""
    rows, columns = projection.weights.shape
    axis = _text(1, "axis") + _number(20, _INTEGER_ATTRIBUTE) + _number(3, 1)
    power = _text(1, "p") + _number(20, _INTEGER_ATTRIBUTE) + _number(3, 2)
    nodes = (
        _node("Sub", (INPUT, "mean"), "centred"),
        _node("MatMul", ("centred", "weights"), "projected"),
        _node("LpNormalization", ("projected",), OUTPUT, (axis, power)),
    )
    graph = b"".join(
        (
            *(_bytes(1, node) for node in nodes),
            _text(2, "projection"),
            _bytes(5, _tensor("mean", projection.mean[None, :])),
            _bytes(5, _tensor("weights", projection.weights)),
            _bytes(11, _value(INPUT, rows)),
            _bytes(12, _value(OUTPUT, columns)),
        )
    )
    return b"".join((_number(1, _IR_VERSION), _text(2, "entrepot"), _bytes(7, graph), _bytes(8, _number(2, _OPSET))))


def _node(kind: str, inputs: Iterable[str], output: str, attributes: Iterable[bytes] = ()) -> bytes:
    named = b"".join(_text(1, each) for each in inputs)
    return named + _text(2, output) + _text(4, kind) + b"".join(_bytes(5, each) for each in attributes)


def _tensor(name: str, values: Floats) -> bytes:
    shape = b"".join(_number(1, size) for size in values.shape)
    return shape + _number(2, _FLOAT) + _text(8, name) + _bytes(9, np.ascontiguousarray(values, "<f4").tobytes())


def _value(name: str, columns: int) -> bytes:
    """A matrix of floats with any number of rows."""
    shape = _bytes(1, _text(2, "N")) + _bytes(1, _number(1, columns))
    return _text(1, name) + _bytes(2, _bytes(1, _number(1, _FLOAT) + _bytes(2, shape)))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
