"""A market whose models are served by a double of a server elsewhere, and Chen, who has credit and a key."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import openai
from litestar import Litestar

from entrepot import cloud, ledger
from entrepot.app import Entrepot
from entrepot.cloud import pricing, registry, settling
from entrepot.cloud.testing import Double, double
from entrepot.identity import Scope
from tests.cast import CHEN
from tests.orders.market import Market, open_market
from tests.waiting import WAIT_S, eventually
from tests.web.conftest import answering, opened
from tests.web.loop import Calls, running_loop
from tests.web.visitors import Visitor

CREDIT = 10**9
ABLE = cloud.Capabilities(context=1_000, chat=True, completion=True, dimensions=3, rerank=True)
PRICES = {"input_tokens": 1_000_000, "output_tokens": 10_000_000, "embedding_tokens": 2_000_000,
          "rerank_tokens": 3_000_000}  # fmt: skip
COST = 9 * 1 + 6 * 10
"""Of the double's whole answer, in nano units: nine tokens read, six written."""
EMBEDDING = 3 * 2
"""Of one text's vector."""


class Served:
    """What a test of `/v1` works with."""

    def __init__(self, entrepot: Entrepot, market: Market, server: Double, app: Litestar, calls: Calls) -> None:
        self.entrepot = entrepot
        self.app = app
        self.market = market
        self.server = server
        self._calls = calls
        self.organisation = str(market.cast.chen.organisation)
        plan = cloud.credit_plan(self.organisation, "USD9", CREDIT, "top_served")
        entrepot.database.write_now(lambda tx: ledger.post(tx, plan))
        self.chen = self.visit().sign_in(CHEN)
        self.key = str(self.chen.post("/api/keys", {"name": "tests"}).json()["secret"])
        self.client = openai.OpenAI(
            api_key=self.key, base_url="http://shop.example/v1", http_client=self.plain(), max_retries=0
        )

    def visit(self) -> Visitor:
        """Somebody with a browser."""
        return Visitor(self._calls)

    def plain(self) -> httpx.Client:
        """A client that knows no key."""
        return httpx.Client(transport=self._calls, base_url="http://shop.example")

    def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        """Call with Chen's key."""
        sent = {"authorization": f"Bearer {self.key}", **{k.replace("_", "-"): v for k, v in headers.items()}}
        return self.plain().post(path, json=body, headers=sent)

    @property
    def spent(self) -> int:
        """What Chen's organisation has been billed, in nano units."""
        chen = Scope("usr_chen", self.organisation)
        credit = self.entrepot.database.read_now(lambda s: cloud.read_credit(s, chen, "USD9"))
        return CREDIT - credit.left - credit.held

    def settled(self) -> None:
        """Until no call is under way; then nothing may be wrong with the rows."""
        rounds = self.entrepot.gateway._desk._rounds  # calls on a tab have no row before they end
        eventually(lambda: not any(attempt for _, attempt in list(rounds.under_way)))
        eventually(lambda: not self.entrepot.database.read_now(settling.list_open_requests))
        found = [self.entrepot.database.read_now(proof.check) for proof in (*cloud.PROOFS, *ledger.PROOFS)]
        assert [breach for finding in found for breach in finding.breaches] == []


def offer(entrepot: Entrepot, name: str, upstream: str, nano: dict[str, int] | None = None) -> None:
    """A live model with prices, served elsewhere."""
    draft = registry.ModelDraft(name, "chat", "upstream", cloud.Licence("MIT"), upstream=upstream)

    def act(tx: Any) -> None:
        model = cloud.add_model(tx, Scope.system(), draft, ABLE)
        pricing.add_price_book(tx, name, nano or PRICES)
        cloud.publish_model(tx, Scope.system(), model.id)

    entrepot.database.write_now(act)


@contextmanager
def serving(home: Path, folder: Path, settings: str = "") -> Iterator[Served]:
    """A home whose models `talker` and `gone` are served by a double, and by nobody."""
    with running_loop() as loop:
        made = double()
        server, address = asyncio.run_coroutine_threadsafe(made.__aenter__(), loop).result(WAIT_S)
        home.mkdir(exist_ok=True)
        (home / "entrepot.toml").write_text(
            f'[cloud.upstreams]\none = {{ url = "{address}" }}\nnowhere = {{ url = "http://127.0.0.1:9/v1" }}\n'
            + settings
        )
        with (
            opened(home) as entrepot,
            open_market(entrepot.database, folder) as market,
            answering(entrepot) as app,
        ):
            offer(entrepot, "talker", "one/talker")
            offer(entrepot, "gone", "nowhere/x")
            entrepot.batches.attach(loop)
            try:
                yield Served(entrepot, market, server, app, Calls(app, loop))
            finally:
                entrepot.batches.attach(None)
                asyncio.run_coroutine_threadsafe(entrepot.gateway.close(), loop).result(WAIT_S)
                asyncio.run_coroutine_threadsafe(made.__aexit__(None, None, None), loop).result(WAIT_S)
