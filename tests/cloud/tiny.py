"""Models small enough to be made in a test: their files, byte by byte, as others' programs would write them."""

from __future__ import annotations

import importlib.util
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np

WORDS = ("[UNK]", "[CLS]", "[SEP]", "red", "scarlet", "sofa", "couch", "hdmi", "cable", "a", "b", "hello")
DIMENSIONS = 4
MEANING = {"red": 0, "scarlet": 0, "sofa": 1, "couch": 1, "hdmi": 2, "cable": 2}


def is_installed(*packages: str) -> bool:
    """Whether all these packages can be imported."""
    return all(importlib.util.find_spec(each) is not None for each in packages)


def tokenizer(*, pairs: bool = False) -> bytes:
    """A tokeniser of whole words in small letters; with `pairs` it separates two texts as cross-encoders want it."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    made = Tokenizer(models.WordLevel({word: place for place, word in enumerate(WORDS)}, unk_token="[UNK]"))
    made.normalizer = normalizers.Lowercase()
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    if pairs:
        made.post_processor = processors.TemplateProcessing(
            single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
        )
    return made.to_str().encode()


def matrix() -> np.ndarray[Any, np.dtype[np.float32]]:
    """A vector for each word: words of one meaning are near each other."""
    rows = np.full((len(WORDS), DIMENSIONS), 0.05, np.float32)
    for place, word in enumerate(WORDS):
        rows[place, MEANING.get(word, 3)] += 1.0
        rows[place, 3] += 0.01 * place
    return rows


def safetensors(path: Path, tensors: dict[str, np.ndarray[Any, Any]]) -> Path:
    """A file of float32 tensors."""
    header, parts, at = {}, [], 0
    for name, array in tensors.items():
        raw = np.ascontiguousarray(array, np.float32).tobytes()
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [at, at + len(raw)]}
        parts.append(raw)
        at += len(raw)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(parts))
    return path


def table(folder: Path) -> Path:
    """A static model."""
    return safetensors(folder / "table.safetensors", {"embeddings": matrix()})


def encoder(folder: Path) -> Path:
    """An ONNX model that gives each token's vector."""
    nodes = [_node("Gather", ["table", "input_ids"], ["last_hidden_state"])]
    graph = _graph(nodes, {"table": matrix()}, ["input_ids"], "last_hidden_state", ["batch", "tokens", DIMENSIONS])
    return _write(folder / "encoder.onnx", graph)


def cross_encoder(folder: Path) -> Path:
    """An ONNX model that gives a score for each pair: how many words of the second text speak of red sofas."""
    worth = np.array([float(word in ("red", "scarlet", "sofa", "couch")) for word in WORDS], np.float32)
    nodes = [
        _node("Gather", ["worth", "input_ids"], ["each"]),
        _node("Cast", ["token_type_ids"], ["second"], {"to": 1}),
        _node("Mul", ["each", "second"], ["counted"]),
        _node("ReduceSum", ["counted", "axis"], ["logits"], {"keepdims": 1}),
    ]
    inputs = ["input_ids", "attention_mask", "token_type_ids"]
    graph = _graph(nodes, {"worth": worth, "axis": np.array([1], np.int64)}, inputs, "logits", ["batch", 1])
    return _write(folder / "cross.onnx", graph)


def language_model(folder: Path) -> dict[str, Path]:
    """A causal language model that knows nothing, with a chat template, as transformers saves one."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    torch.manual_seed(1)
    (folder / "words.json").write_bytes(tokenizer())
    words = PreTrainedTokenizerFast(tokenizer_file=str(folder / "words.json"))
    words.chat_template = "{% for m in messages %}{{ m['role'] }} {{ m['content'] }} {% endfor %}hello"
    made = folder / "made"
    words.save_pretrained(made)
    config = LlamaConfig(
        vocab_size=len(WORDS), hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=256, eos_token_id=None, bos_token_id=None,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(made, safe_serialization=True)
    return {each.name: each for each in made.iterdir()}


def vector_model(folder: Path) -> dict[str, Path]:
    """An encoder that knows nothing, as transformers saves one."""
    import torch
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    torch.manual_seed(1)
    (folder / "words.json").write_bytes(tokenizer())
    words = PreTrainedTokenizerFast(tokenizer_file=str(folder / "words.json"), unk_token="[UNK]", pad_token="[UNK]")
    made = folder / "made"
    words.save_pretrained(made)
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
    )
    BertModel(config).save_pretrained(made, safe_serialization=True)
    return {each.name: each for each in made.iterdir()}


# --- protocol buffers, as onnx.proto says them


def _write(path: Path, graph: bytes) -> Path:
    path.write_bytes(_number(1, 8) + _field(7, graph) + _field(8, _field(1, b"") + _number(2, 13)))
    return path


def _graph(
    nodes: list[bytes], constants: dict[str, np.ndarray[Any, Any]], inputs: list[str], output: str, shape: list[Any]
) -> bytes:
    body = b"".join(_field(1, node) for node in nodes) + _field(2, b"tiny")
    body += b"".join(_field(5, _tensor(name, array)) for name, array in constants.items())
    body += b"".join(_field(11, _value(name, 7, ["batch", "tokens"])) for name in inputs)
    return body + _field(12, _value(output, 1, shape))


def _node(kind: str, inputs: list[str], outputs: list[str], numbers: dict[str, int] | None = None) -> bytes:
    body = b"".join(_field(1, each.encode()) for each in inputs) + b"".join(
        _field(2, each.encode()) for each in outputs
    )
    body += _field(4, kind.encode())
    for name, value in (numbers or {}).items():
        body += _field(5, _field(1, name.encode()) + _number(3, value) + _number(20, 2))
    return body


def _tensor(name: str, array: np.ndarray[Any, Any]) -> bytes:
    kind = 7 if array.dtype == np.int64 else 1
    dims = b"".join(_number(1, each) for each in array.shape)
    return dims + _number(2, kind) + _field(8, name.encode()) + _field(9, array.tobytes())


def _value(name: str, kind: int, shape: list[Any]) -> bytes:
    dims = b"".join(
        _field(1, _number(1, each) if isinstance(each, int) else _field(2, each.encode())) for each in shape
    )
    return _field(1, name.encode()) + _field(2, _field(1, _number(1, kind) + _field(2, dims)))


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _varint(value: int) -> bytes:
    made = b""
    while value > 0x7F:
        made, value = made + bytes([value & 0x7F | 0x80]), value >> 7
    return made + bytes([value])
