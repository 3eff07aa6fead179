"""llama.cpp in a supervised child process: loaded when it is first asked, started anew when it has died.

The child listens on loopback under a key of its own and ends when its standard input closes, so that it never outlives
this process. It speaks OpenAI's wire format; what it would ignore or get wrong (a required tool, a schema) is compiled
to a grammar here, which it cannot leave. One that hangs is known by this: it says nothing, and uses no processor time.
It is killed, and started anew like one that has died.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import structlog

from entrepot.kernel import Secret

from ..capabilities import Capabilities
from .base import Embedded, EngineFault, Generation, Piece, Ranked, Unable, text_of
from .connecting import Connections, Patience, Silent
from .grammar import Calls, grammar_of
from .upstream import ANSWER_MAX, Upstream
from .wire import body_of, check, read_pieces

START_S = 120.0
STOP_S = 5.0
DEATH_S = 1.0

log = structlog.get_logger(__name__)


class Budget(msgspec.Struct, frozen=True):
    """What a child may use: `threads` cores, `parallel` answers at once, `context` tokens for each of them."""

    threads: int = 1
    parallel: int = 2
    context: int = 4_096


class Llama:
    """One GGUF file. `alias` is the name that answers carry."""

    counts_exactly = True

    def __init__(
        self, path: Path, alias: str, budget: Budget | None = None, *, embedding: bool = False,
        when_restarted: Callable[[], None] = lambda: None, patience: Patience | None = None,
    ) -> None:  # fmt: skip
        """`when_restarted` is called when the child had died and another was started; `patience` is how long one may
        say nothing."""
        self._path = path
        self._alias = alias
        self._budget = budget or Budget()
        self._embedding = embedding
        self._when_restarted = when_restarted
        self._patience = msgspec.structs.replace(patience or Patience(), work=self._worked)
        self._starting = asyncio.Lock()
        self._loading: asyncio.Task[None] | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._client: Connections | None = None
        self._remote: Upstream | None = None
        self._known: Capabilities | None = None
        self.starts = 0
        """How often a child was started: more than once when it had died."""

    @property
    def process_id(self) -> int | None:
        """The child's number while it runs."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    async def capabilities(self) -> Capabilities:
        """What the file's own data say: a chat template is what makes a model one for conversations."""
        await self._ready()
        assert self._known is not None
        return self._known

    async def count(self, work: Generation) -> int:
        """The tokens of the input after the template, exactly."""
        text = work.prompt if work.prompt is not None else await self._template(work)
        answer = await self._ask("/tokenize", {"content": text, "add_special": True, "parse_special": True})
        return len(answer["tokens"])

    async def generate(self, work: Generation) -> AsyncIterator[Piece]:
        """The answer as it is written; a caller that stops reading closes the connection, and the child stops."""
        known = await self.capabilities()
        if work.prompt is None and not known.chat:
            raise Unable("This model was not made for conversations: it has no chat template. Use /v1/completions")
        body = body_of(work, self._alias)
        calls = grammar_of(work)
        if calls is not None:
            body["grammar"] = calls.grammar
            if calls.instruction:
                body["messages"] = [{"role": "system", "content": calls.instruction}, *body["messages"]]
        path = "/v1/chat/completions" if work.prompt is None else "/v1/completions"
        async for piece in self._stream(path, body):
            for each in _translate(piece, calls):
                yield each

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """Vectors as the model makes them."""
        await self._ready()
        assert self._remote is not None
        async with self._watched("broke off"):
            embedded = await self._remote.embed(texts)
        return embedded

    async def rerank(self, query: str, documents: Sequence[str]) -> Ranked:
        """Scores of a reranking model."""
        await self._ready()
        assert self._remote is not None
        async with self._watched("broke off"):
            ranked = await self._remote.rerank(query, documents)
        return ranked

    async def close(self) -> None:
        """End the child; a later call starts another."""
        if self._loading is not None and not self._loading.done():
            self._loading.cancel()
            await asyncio.wait([self._loading])
        async with self._starting:
            await self._stop()

    async def _stream(self, path: str, body: dict[str, Any]) -> AsyncIterator[Piece]:
        client = await self._ready()
        async with self._watched("broke off"), client.ask(path, msgspec.json.encode(body)) as answer:
            await check(answer)
            async with contextlib.aclosing(read_pieces(answer)) as pieces:  # type: ignore[type-var]
                async for piece in pieces:
                    yield piece

    async def _template(self, work: Generation) -> str:
        messages = [{**msgspec.to_builtins(each), "content": text_of(each)} for each in work.messages]
        calls = grammar_of(work)
        if calls is not None and calls.instruction:
            messages = [{"role": "system", "content": calls.instruction}, *messages]
        return str((await self._ask("/apply-template", {"messages": messages}))["prompt"])

    async def _ask(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        client = await self._ready()
        return await self._call(client, path, body)

    async def _call(self, client: Connections, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        async with self._watched("does not answer"):
            async with client.ask(path, None if body is None else msgspec.json.encode(body)) as answer:
                await check(answer)
                content = await answer.read(ANSWER_MAX)
            told = msgspec.json.decode(content, type=dict[str, Any])
        return told

    async def _ready(self) -> Connections:
        """A client of a living child; starts one where there is none."""
        if self._client is None or self.process_id is None:
            await self._load()
        assert self._client is not None
        return self._client

    async def _load(self) -> None:
        """Start a child, or wait for one that is starting. It goes on when whoever waits for it leaves: callers who are
        less patient than a large model takes to load would never see it loaded."""
        if self._loading is None or self._loading.done():
            self._loading = asyncio.ensure_future(self._start_anew())
            self._loading.add_done_callback(_look_at)
        try:
            await asyncio.shield(self._loading)
        except asyncio.CancelledError:
            if self._loading.cancelled():
                raise EngineFault(f"The engine of {self._alias} was ended while it was loading") from None
            raise

    async def _start_anew(self) -> None:
        async with self._starting:
            had_died = self._process is not None
            await self._stop()
            await self._start()
            if had_died:
                self._when_restarted()

    async def _start(self) -> None:
        key = Secret(secrets.token_urlsafe(24))
        order = msgspec.json.encode(
            {
                "path": str(self._path), "alias": self._alias, "key": key.reveal(), "embedding": self._embedding,
                **msgspec.to_builtins(self._budget),
            }
        )  # fmt: skip
        self.starts += 1
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "entrepot.cloud.engines.llama_server",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(order + b"\n")
            await self._process.stdin.drain()
            address = (await asyncio.wait_for(self._process.stdout.readline(), START_S)).decode().strip()
        except (TimeoutError, OSError) as error:
            await self._stop()
            raise EngineFault(f"The engine of {self._alias} did not start in {START_S:.0f} s") from error
        if not address:
            await self._stop()
            raise EngineFault(f"The engine of {self._alias} ended while it was loading: is the file whole?")
        client = Connections(address, key, patience=self._patience)
        try:
            self._known = await self._probe(client)
        except BaseException:
            client.close()
            raise
        self._remote = Upstream(address + "/v1", self._alias, self._known, key, patience=self._patience)
        self._client = client  # the last of all: from now on it is ready for those who did not wait

    async def _probe(self, client: Connections) -> Capabilities:
        props = await self._call(client, "/props", None)
        settings = props.get("default_generation_settings") or {}
        context = settings.get("n_ctx")
        return Capabilities(
            context=context if isinstance(context, int) and context > 0 else self._budget.context,
            chat=bool(props.get("chat_template")) and not self._embedding,
            completion=not self._embedding,
        )

    @contextlib.asynccontextmanager
    async def _watched(self, what: str) -> AsyncIterator[None]:
        """Ask the child something; when it fails, see to it that the next call meets a living one."""
        process = self._process
        try:
            yield
        except (EngineFault, msgspec.DecodeError, UnicodeDecodeError) as fault:
            if process is not None:
                await _see_end(process, is_hanging=isinstance(fault, Silent))
            raise EngineFault(f"The engine of {self._alias} {what}: {fault}") from fault

    def _worked(self) -> int | None:
        """How much processor time the child has used; None where the system does not tell."""
        try:
            fields = Path(f"/proc/{self.process_id}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return int(fields[11]) + int(fields[12])

    async def _stop(self) -> None:
        process, self._process = self._process, None
        client, self._client = self._client, None
        remote, self._remote = self._remote, None
        if remote is not None:
            await remote.close()
        if client is not None:
            client.close()
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), STOP_S)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def _look_at(loading: asyncio.Task[None]) -> None:
    """What became of a start is told to those who wait for it, and to nobody when all have left."""
    if not loading.cancelled():
        loading.exception()


async def _see_end(process: asyncio.subprocess.Process, *, is_hanging: bool) -> None:
    """A connection that broke is often the first sign of a child's death: let it be seen before the next call. One that
    hangs is killed."""
    if is_hanging and process.returncode is None:
        log.warning("an engine hangs and is ended", process=process.pid)
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), DEATH_S)


def _translate(piece: Piece, calls: Calls | None) -> list[Piece]:
    return [piece] if calls is None else calls.read(piece)
