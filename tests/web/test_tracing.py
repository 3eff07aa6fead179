"""Traces: nothing unless it is asked for; then a span for a call of a model and for a search, with its parts."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from litestar import Litestar

from entrepot import cloud, ledger
from entrepot.app import Entrepot
from entrepot.kernel import Unavailable
from entrepot.kernel.steps import Steps, begin_steps, end_steps, note, step
from entrepot.web.tracing import OpenTelemetry, Traced, is_traced, open_tracer
from tests.cast import CHEN
from tests.orders.market import Market
from tests.waiting import WAIT_S
from tests.web.visitors import Visitor

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Kept:
    """A tracer that keeps what it is told."""

    def __init__(self) -> None:
        self.traced: list[Traced] = []

    def answered(self, traced: Traced) -> None:
        """See `Tracer`."""
        self.traced.append(traced)

    def close(self) -> None:
        """See `Tracer`."""


@pytest.fixture
def kept(app: Litestar) -> Iterator[Kept]:
    """The application, traced."""
    house = app.state.house
    assert house.tracer is None, "off by default"
    house.tracer = Kept()
    yield house.tracer
    house.tracer = None


def test_it_is_off_and_imported_by_nobody_until_it_is_asked_for() -> None:
    assert open_tracer("") is None
    program = "import sys, entrepot.app, entrepot.web; print([n for n in sys.modules if n.startswith('opentelemetry')])"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=WAIT_S)
    assert done.stdout.strip() == "[]"


def test_without_its_packages_the_setting_is_refused_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter", None)
    with pytest.raises(Unavailable, match=re.escape("entrepot[otel]")):
        open_tracer("http://127.0.0.1:4318/v1/traces")


def test_a_search_is_traced_with_what_it_found(nobody: Visitor, kept: Kept) -> None:
    answer = nobody.client.get("/api/search", params={"q": "lamp"}, headers={"traceparent": PARENT})
    [traced] = kept.traced
    assert (traced.method, traced.route, traced.status) == ("GET", "/api/search", 200)
    assert traced.parent == PARENT
    assert traced.request_id == answer.headers["x-request-id"]
    assert traced.noted.attributes["total"] == answer.json()["total"]
    [search] = traced.noted.steps
    assert search.name == "search"
    assert traced.began_ns <= search.began_ns <= search.ended_ns <= traced.ended_ns
    assert "lamp" not in repr(traced), "what somebody asked for stays here"


def test_other_requests_are_not_traced(nobody: Visitor, kept: Kept) -> None:
    nobody.client.get("/healthz")
    nobody.client.get("/")
    assert kept.traced == []
    assert is_traced("/v1/embeddings")
    assert not is_traced("/operator")


def test_a_call_of_a_model_is_traced_from_admission_to_its_bill(
    visit: Callable[[], Visitor], entrepot: Entrepot, market: Market, kept: Kept
) -> None:
    plan = cloud.credit_plan(str(market.cast.chen.organisation), "USD9", 10**9, "top_1")
    entrepot.database.write_now(lambda tx: ledger.post(tx, plan))
    secret = re.search(r"ent_[\w-]+", visit().sign_in(CHEN).form("/cloud/keys", name="trace").text)
    assert secret is not None
    asked = {"model": cloud.MODEL, "input": "a red sofa"}
    headers = {"authorization": f"Bearer {secret[0]}"}
    answer = visit().client.post("/v1/embeddings", json=asked, headers=headers)
    assert answer.status_code == 200
    [traced] = kept.traced
    assert [each.name for each in traced.noted.steps] == ["admit", "wait", "engine", "settle"]
    noted = traced.noted.attributes
    assert (noted["model"], noted["outcome"]) == (cloud.MODEL, "exact")
    assert noted["price_nano"] == answer.json()["usage"]["cost"]["nano"]
    assert secret[0] not in repr(traced)


def test_nothing_is_noted_where_nobody_asked() -> None:
    note(lost=1)
    with step("lost"):
        pass
    steps, token = begin_steps()
    with step("kept", part=1):
        note(total=2)
    end_steps(token)
    note(lost=1)
    assert [(each.name, each.attributes) for each in steps.steps] == [("kept", {"part": 1})]
    assert steps.attributes == {"total": 2}


def test_spans_carry_the_times_the_parts_and_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    """With OpenTelemetry itself, where the extra is installed."""
    pytest.importorskip("opentelemetry.sdk")
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor  # type: ignore[import-not-found,unused-ignore]
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import (  # type: ignore[import-not-found,unused-ignore]
        InMemorySpanExporter,
    )

    exporter: Any = InMemorySpanExporter()
    tracer = OpenTelemetry(SimpleSpanProcessor(exporter))
    steps, token = begin_steps()
    with step("engine", model="m"):
        note(price_nano=7)
    end_steps(token)
    first = steps.steps[0]
    tracer.answered(Traced("POST", "/v1/embeddings", 200, "abc", first.began_ns - 5, first.ended_ns + 5, PARENT, steps))
    tracer.answered(Traced("GET", "/search", 503, "abd", 1, 2, None, Steps()))
    part, call, failed = exporter.get_finished_spans()
    assert (part.name, call.name, failed.name) == ("engine", "POST /v1/embeddings", "GET /search")
    assert part.parent.span_id == call.context.span_id
    assert f"{call.context.trace_id:032x}" == PARENT.split("-")[1], "the caller's trace goes on"
    assert (call.start_time, call.end_time) == (first.began_ns - 5, first.ended_ns + 5)
    assert call.attributes["entrepot.price_nano"] == 7
    assert part.attributes["entrepot.model"] == "m"
    assert failed.status.status_code.name == "ERROR"
    tracer.close()
