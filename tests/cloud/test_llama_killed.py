"""A model's own process is killed, or hangs, in the middle of a stream: the caller is told in OpenAI's shape, pays for
what was written, and the next call is answered by a new one."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from entrepot import cloud, ledger
from entrepot.cloud import customers
from entrepot.cloud.dialect.asked import AskChat
from entrepot.cloud.dialect.written import Head
from entrepot.cloud.engines.base import Message
from entrepot.cloud.engines.gateway import Call, Gateway
from entrepot.cloud.engines.pool import Pool
from entrepot.cloud.serving.answering import Exchange
from entrepot.cloud.types import Settings
from entrepot.identity import Scope
from entrepot.kernel import Blobs, Database, Tx, Unavailable, process_name, sqlite_url
from entrepot.kernel.testing import open_existing
from tests.cloud import tiny
from tests.fixtures import begin

MODEL = "smollm2-135m-instruct"
CHEN = Scope("key_chen", "org_chen", frozenset({"developer"}))
NANO = {"input_tokens": 1_000_000, "output_tokens": 10_000_000}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A database on the default store."""
    begin(tmp_path)
    with closing(open_existing(sqlite_url(tmp_path / "entrepot.db"))) as database:
        yield database


@pytest.fixture
def blobs(tmp_path: Path, database: Database) -> Blobs:
    """Where the model's file is; it is live, and Chen has credit."""
    found = cloud.find_package(MODEL)
    if found is None or not tiny.is_installed("xllamacpp"):
        pytest.skip("the model or its engine is not installed: run `make models`")
    blobs = Blobs(tmp_path / "blobs")
    packaged, file, words = found
    draft = cloud.draft_of(packaged, cloud.store_files(blobs, file, words))
    able = cloud.Capabilities(context=2_048, chat=True, completion=True)

    def act(tx: Tx) -> None:
        model = cloud.add_model(tx, Scope.system(), draft, able)
        cloud.add_price_book(tx, MODEL, NANO)
        cloud.publish_model(tx, Scope.system(), model.id)
        ledger.post(tx, customers.credit_plan("org_chen", "USD9", 10**9, "top_1"))

    database.write_now(act)
    return blobs


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "hanging"])
def test_a_child_that_ends_in_a_stream_is_told_settled_and_replaced(
    database: Database, blobs: Blobs, how: signal.Signals
) -> None:
    settings = Settings(stall_s=3.0)

    async def whole() -> tuple[list[Any], list[Any]]:
        pool = Pool(blobs, settings)
        gateway = Gateway(database, pool, settings, process_name())
        try:
            return await ask(gateway, "req_1", pool, how), await ask(gateway, "req_2", None)
        finally:
            await gateway.close()

    broken, well = asyncio.run(whole())
    error = broken[-1]["error"]
    assert (error["type"], error["code"]) == ("api_error", "unavailable")
    assert "broke off" in error["message"]
    assert well[-1]["usage"]["completion_tokens"] > 0
    rows = database.read_now(lambda s: cloud.list_usage(s, Scope.system(), 0))
    first = {row.meter: (row.quantity, str(row.usage_class)) for row in rows if row.request == "req_1"}
    written, outcome = first["output_tokens"]
    assert (written >= 3, outcome) == (True, "checkpointed")
    assert {str(row.usage_class) for row in rows if row.request == "req_2"} == {"exact"}
    found = [database.read_now(proof.check) for proof in (*cloud.PROOFS, *ledger.PROOFS)]
    assert [breach for finding in found for breach in finding.breaches] == []


def test_a_child_that_hangs_before_it_has_written_costs_nothing(database: Database, blobs: Blobs) -> None:
    """Already what it is asked before a call is let in finds out; nothing was held by then."""
    settings = Settings(stall_s=3.0)

    async def whole() -> int:
        pool = Pool(blobs, settings)
        gateway = Gateway(database, pool, settings, process_name())
        try:
            await ask(gateway, "req_1", None)
            [loaded] = pool.loaded
            engine: Any = child_of(loaded.engine)
            os.kill(engine.process_id, signal.SIGSTOP)
            with pytest.raises(Unavailable, match="said nothing"):
                await ask(gateway, "req_2", None)
            await ask(gateway, "req_3", None)
            return int(engine.starts)
        finally:
            await gateway.close()

    assert asyncio.run(whole()) == 2
    rows = database.read_now(lambda s: cloud.list_usage(s, Scope.system(), 0))
    assert {(row.request, str(row.usage_class)) for row in rows} == {("req_1", "exact"), ("req_3", "exact")}


def child_of(engine: Any) -> Any:
    """The engine that has the process, behind what checks its answers."""
    return engine._engine


async def ask(gateway: Gateway, request: str, kill_in: Pool | None, how: int = signal.SIGKILL) -> list[Any]:
    """The events of a streamed call; in this pool the model's process gets a signal behind the third."""
    asked = AskChat(
        model=MODEL, messages=[Message("user", "Count to fifty, in words")], max_tokens=600 if kill_in else 6,
        temperature=0, stream=True,
    )  # fmt: skip
    exchange = Exchange(gateway, Call(request, CHEN, MODEL), asked, Head(request, 0, MODEL, "USD"))
    events: list[Any] = []
    async for event in exchange.stream():
        events += [json.loads(line[6:]) for line in event.decode().splitlines() if line.startswith("data: {")]
        if kill_in is not None and len(events) == 3:
            [loaded] = kill_in.loaded
            os.kill(child_of(loaded.engine).process_id, how)
    return events
