"""Transformers from safetensors by PyTorch, on a GPU where there is one: for models that have no GGUF or ONNX.

Neither library is a dependency: where they are not installed, loading says so. Only safetensors are read, no code that
comes with a model is run, and nothing is fetched. One answer is written at a time, on a thread; it stops between two
tokens when its reader has gone. Schemas and tools are asked for in words, and calls read from words: there is no mask
here over the tokens that a model chooses from, so whoever wants them kept checks the answer (`checked`).
"""

from __future__ import annotations

import asyncio
import importlib.util
import tempfile
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from ..capabilities import Capabilities
from ..registry import Kind
from .base import Count, Embedded, EngineFault, Generation, Piece, Ranked, Unable, text_of
from .grammar import written_calls
from .onnx import batches
from .schemas import request_of
from .vectors import SENTENCE, at_unit_length

LIBRARIES = ("torch", "transformers")
TEXTS_TOKENS_MAX = 512
END = object()


def is_installed() -> bool:
    """Whether this engine can work here."""
    return all(importlib.util.find_spec(each) is not None for each in LIBRARIES)


class Transformers:
    """A model from its files by their names: weights, `config.json`, `tokenizer.json` and what else stands beside."""

    counts_exactly = True

    def __init__(self, files: Mapping[str, Path], kind: Kind, *, threads: int = 1, context: int = 4_096) -> None:
        self._files = dict(files)
        self._kind = kind
        self._threads = threads
        self._context = context
        self._loading = threading.Lock()
        self._working = threading.Lock()
        self._loaded: _Loaded | None = None

    async def capabilities(self) -> Capabilities:
        """What it can do; loads it."""
        loaded = await asyncio.to_thread(self._load)
        if self._kind == "embedding":
            return Capabilities(context=loaded.context, dimensions=int(loaded.model.config.hidden_size))
        if self._kind == "rerank":
            return Capabilities(context=loaded.context, rerank=True)
        return Capabilities(context=loaded.context, chat=bool(loaded.tokenizer.chat_template), completion=True)

    async def count(self, work: Generation) -> int:
        """The tokens of the input after the template, exactly."""
        self._require(("chat", "completion"), SENTENCE)
        loaded = await asyncio.to_thread(self._load)
        return len(await asyncio.to_thread(_input_ids, loaded.tokenizer, work))

    async def generate(self, work: Generation) -> AsyncIterator[Piece]:
        """The answer as it is written; closing the iterator stops it."""
        self._require(("chat", "completion"), SENTENCE)
        if work.frequency_penalty or work.presence_penalty:
            raise Unable("This model is served by an engine that knows no penalties: leave them out")
        calls = written_calls(work)
        loaded = await asyncio.to_thread(self._load)
        ids = await asyncio.to_thread(_input_ids, loaded.tokenizer, work)
        writing = _Writing(loaded, work, ids, asyncio.get_running_loop())
        done = asyncio.get_running_loop().run_in_executor(None, writing.run, self._working)
        try:
            while (piece := await writing.pieces.get()) is not END:
                if isinstance(piece, Exception):
                    raise EngineFault(f"The engine failed at its work: {type(piece).__name__}") from piece
                for each in calls.read(piece) if calls is not None else (piece,):
                    yield each
        finally:
            writing.stop.set()
            await asyncio.shield(done)

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """Means of the last layer over the real tokens."""
        self._require(("embedding",), "This model makes no vectors: ask it for texts")
        return await asyncio.to_thread(self._embed_now, texts)

    async def rerank(self, query: str, documents: Sequence[str]) -> Ranked:
        """By the model's own scores of pairs, or by angles between vectors."""
        if self._kind == "embedding":
            embedded = await self.embed([query, *documents])
            scores = embedded.vectors[1:] @ embedded.vectors[0]
            return Ranked(tuple(float(score) for score in scores), embedded.tokens)
        self._require(("rerank",), "This model does not order documents: ask it for texts")
        return await asyncio.to_thread(self._score_now, query, documents)

    async def close(self) -> None:
        """Let the model go, and the GPU's memory with it."""
        with self._loading:
            loaded, self._loaded = self._loaded, None
        if loaded is not None and loaded.device != "cpu":
            loaded.torch.cuda.empty_cache()

    def _require(self, kinds: tuple[str, ...], sentence: str) -> None:
        if self._kind not in kinds:
            raise Unable(sentence)

    def _load(self) -> _Loaded:
        with self._loading:
            if self._loaded is None:
                self._loaded = _Loaded(self._files, self._kind, self._threads, self._context)
            return self._loaded

    def _embed_now(self, texts: Sequence[str]) -> Embedded:
        loaded, used = self._load(), 0
        lengths = [
            len(loaded.tokenizer(text, truncation=True, max_length=TEXTS_TOKENS_MAX).input_ids) for text in texts
        ]
        vectors = np.zeros((len(texts), int(loaded.model.config.hidden_size)), np.float32)
        with self._working:
            for places in batches(lengths):
                rows, mask = loaded.run([texts[place] for place in places], None)
                weights = mask.unsqueeze(-1).to(rows.dtype)
                means = (rows * weights).sum(1) / weights.sum(1).clamp(min=1)
                vectors[places] = means.float().cpu().numpy()
                used += int(mask.sum())
        return Embedded(at_unit_length(vectors), used)

    def _score_now(self, query: str, documents: Sequence[str]) -> Ranked:
        loaded, used = self._load(), 0
        lengths = [len(document) for document in documents]
        scores = [0.0] * len(documents)
        with self._working:
            for places in batches([min(each // 2 + 16, TEXTS_TOKENS_MAX) for each in lengths]):
                found, mask = loaded.run([query] * len(places), [documents[place] for place in places])
                for place, score in zip(places, found[:, -1].float().cpu().tolist(), strict=True):
                    scores[place] = float(score)
                used += int(mask.sum())
        return Ranked(tuple(scores), used)


class _Loaded:
    """A model in memory with its tokeniser, where it runs, and how much it may look at."""

    def __init__(self, files: Mapping[str, Path], kind: Kind, threads: int, context: int) -> None:
        if not is_installed():
            raise EngineFault(f"This engine needs {' and '.join(LIBRARIES)}, which are not installed here")
        torch: Any = import_module("torch")  # not installed where the code is checked: nobody's dependency
        transformers: Any = import_module("transformers")
        torch.set_num_threads(threads)
        self.torch: Any = torch
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        maker = {
            "embedding": transformers.AutoModel, "rerank": transformers.AutoModelForSequenceClassification,
        }.get(kind, transformers.AutoModelForCausalLM)  # fmt: skip
        safely: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
        with tempfile.TemporaryDirectory(prefix="entrepot-model-") as folder:
            for name, path in files.items():
                (Path(folder) / Path(name).name).symlink_to(path)
            try:
                self.tokenizer: Any = transformers.AutoTokenizer.from_pretrained(folder, **safely)
                self.model: Any = maker.from_pretrained(folder, use_safetensors=True, **safely).to(self.device).eval()
            except Exception as error:
                raise EngineFault(f"The model cannot be loaded: {str(error)[:200]}") from error
        positions = getattr(self.model.config, "max_position_embeddings", context)
        self.context = min(int(positions or context), context)
        if self.tokenizer.pad_token is None and (word := self.tokenizer.eos_token or self.tokenizer.unk_token):
            self.tokenizer.pad_token = word

    def run(self, texts: Sequence[str], others: Sequence[str] | None) -> tuple[Any, Any]:
        """What the model gives for texts or pairs of them, and which tokens are real."""
        given = self.tokenizer(
            list(texts), None if others is None else list(others), padding=True, truncation=True,
            max_length=TEXTS_TOKENS_MAX, return_tensors="pt",
        ).to(self.device)  # fmt: skip
        with self.torch.inference_mode():
            found = self.model(**given)
        return (found.logits if "logits" in found else found.last_hidden_state), given["attention_mask"]


class _Writing:
    """One answer being written on a thread: a streamer and a criterion for stopping, as the library calls them."""

    def __init__(self, loaded: _Loaded, work: Generation, ids: list[int], loop: asyncio.AbstractEventLoop) -> None:
        self._loaded, self._work, self._ids, self._loop = loaded, work, ids, loop
        self._written: list[int] = []
        self._text = ""
        self._said = 0
        self._is_prompt = True
        self._hit_stop = False
        self._held_back = max((len(each) for each in work.stop), default=1) - 1
        self.pieces: asyncio.Queue[Any] = asyncio.Queue()
        self.stop = threading.Event()

    def run(self, working: threading.Lock) -> None:
        """Write it; what goes wrong is put among the pieces."""
        try:
            with working:
                if not self.stop.is_set():
                    self._run()
        except Exception as error:
            self._put(error)
        finally:
            self._put(END)

    def put(self, value: Any) -> None:
        """The library's next token; the first call holds the input."""
        if self._is_prompt:
            self._is_prompt = False
            return
        self._written.extend(int(each) for each in value.flatten().tolist())
        self._text = self._loaded.tokenizer.decode(self._written, skip_special_tokens=True)
        cuts = [self._text.find(each) for each in self._work.stop if each in self._text]
        if cuts:
            self._text, self._hit_stop = self._text[: min(cuts)], True
            self.stop.set()
        self._say(len(self._text) - (0 if self._hit_stop else self._held_back))

    def end(self) -> None:
        """The library's last call."""

    def _run(self) -> None:
        torch, work = self._loaded.torch, self._work
        if work.seed is not None:
            torch.manual_seed(work.seed)
        asked: dict[str, Any] = {"max_new_tokens": work.output_tokens_max}
        if work.temperature is not None:
            asked |= (
                {"do_sample": True, "temperature": work.temperature} if work.temperature > 0 else {"do_sample": False}
            )
        if work.top_p is not None and work.temperature != 0:
            asked |= {"do_sample": True, "top_p": work.top_p}
        ids = torch.tensor([self._ids], device=self._loaded.device)
        with torch.inference_mode():
            self._loaded.model.generate(
                ids, attention_mask=torch.ones_like(ids), streamer=self,
                pad_token_id=self._loaded.tokenizer.pad_token_id,
                stopping_criteria=[lambda *_, **__: torch.full((1,), self.stop.is_set(), device=ids.device)], **asked,
            )  # fmt: skip
        self._say(len(self._text))
        full = len(self._written) >= work.output_tokens_max and not self._hit_stop and not self._has_ended()
        evidence = {"engine": "transformers", "device": self._loaded.device, "tokens": len(self._written)}
        self._put(Piece(self._count(), finish="length" if full else "stop", evidence=evidence))

    def _has_ended(self) -> bool:
        ends = self._loaded.model.generation_config.eos_token_id
        return bool(self._written) and self._written[-1] in (ends if isinstance(ends, list) else [ends])

    def _say(self, until: int) -> None:
        """Send what is certain: half a character is not, nor what may be the beginning of a stop."""
        text = self._text[self._said : max(until, self._said)]
        if text and not text.endswith("\ufffd"):
            self._said += len(text)
            self._put(Piece(self._count(), text))

    def _count(self) -> Count:
        return Count(len(self._ids), 0, len(self._written))

    def _put(self, piece: Any) -> None:
        self._loop.call_soon_threadsafe(self.pieces.put_nowait, piece)


def _input_ids(tokenizer: Any, work: Generation) -> list[int]:
    """The tokens that the model reads: the prompt's, or the conversation's after the template."""
    if work.prompt is not None:
        return [int(each) for each in tokenizer(work.prompt).input_ids]
    if not tokenizer.chat_template:
        raise Unable("This model was not made for conversations: it has no chat template. Use /v1/completions")
    messages = [{**msgspec.to_builtins(each), "content": text_of(each)} for each in work.messages]
    if (request := request_of(work)) is not None:
        messages = _told_first(messages, request)
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    return [int(each) for each in tokenizer(text, add_special_tokens=False).input_ids]


def _told_first(messages: list[dict[str, Any]], request: str) -> list[dict[str, Any]]:
    """The conversation with a request at its head: many templates know one message of the system, the first."""
    if messages and messages[0]["role"] in ("system", "developer"):
        first = {**messages[0], "content": f"{messages[0]['content']}\n\n{request}"}
        return [first, *messages[1:]]
    return [{"role": "system", "content": request}, *messages]
