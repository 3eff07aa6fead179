"""Files and batches as OpenAI's own client sees them: each line answered and billed once, failures for nothing."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import openai
import pytest

from entrepot import cloud
from entrepot.cloud import batches
from entrepot.cloud.serving import batching
from entrepot.identity import Scope
from entrepot.kernel import DAY, SECOND, Conflict
from tests.cast import BRUNO
from tests.waiting import WAIT_S, eventually
from tests.web.served import COST, EMBEDDING, PRICES, Served, offer, serving

HELLO = {"model": "talker", "messages": [{"role": "user", "content": "Hello"}]}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("market")) as served:
        yield served


def line(number: int, body: dict[str, Any], url: str = "/v1/chat/completions") -> str:
    return json.dumps({"custom_id": f"line-{number}", "method": "POST", "url": url, "body": body})


def send(served: Served, lines: list[str]) -> str:
    """Send a file; its id."""
    content = "\n".join(lines).encode()
    return str(served.client.files.create(file=("calls.jsonl", content), purpose="batch").id)


def run(served: Served, lines: list[str], endpoint: Any = "/v1/chat/completions") -> Any:
    """A batch of these lines, at its end."""
    batch = served.client.batches.create(
        input_file_id=send(served, lines), endpoint=endpoint, completion_window="24h", metadata={"for": "tests"}
    )
    return wait(served, batch.id)


def wait(served: Served, batch_id: str, *, passing: int = 0) -> Any:
    """The batch at its end; `passing` between two looks, where its task was told to come again in a while."""

    def ended() -> Any:
        batch = served.client.batches.retrieve(batch_id)
        if batch.status in batches.ENDED:
            return batch
        served.market.clock.advance(passing)
        return None

    return eventually(ended)


def answers(served: Served, file_id: str) -> dict[str, Any]:
    rows = [json.loads(each) for each in served.client.files.content(file_id).text.splitlines()]
    return {row["custom_id"]: row for row in rows}


def test_every_line_is_answered_and_billed_once(served: Served) -> None:
    before = served.spent
    batch = run(served, [line(n, HELLO) for n in range(5)])
    assert (batch.status, batch.request_counts.total, batch.request_counts.completed) == ("completed", 5, 5)
    assert batch.metadata == {"for": "tests"}
    assert batch.error_file_id is None
    told = answers(served, batch.output_file_id)
    assert set(told) == {f"line-{n}" for n in range(5)}
    one = told["line-0"]
    assert one["error"] is None
    assert one["response"]["status_code"] == 200
    assert one["response"]["body"]["choices"][0]["message"]["content"] == "One word after the other."
    assert one["response"]["body"]["usage"]["cost"]["nano"] == COST
    assert batch.to_dict()["cost"]["nano"] == 5 * COST == served.spent - before
    served.settled()


def test_a_file_may_begin_with_the_mark_of_its_encoding_and_end_its_lines_as_windows_does(served: Served) -> None:
    batch = run(served, ["\ufeff" + line(0, HELLO) + "\r", line(1, HELLO) + "\r"])
    assert (batch.status, batch.request_counts.completed) == ("completed", 2)
    assert set(answers(served, batch.output_file_id)) == {"line-0", "line-1"}


def test_a_batch_costs_the_share_that_its_prices_say_of_the_same_calls(served: Served) -> None:
    offer(served.entrepot, "halved", "one/talker")
    served.entrepot.database.write_now(
        lambda tx: cloud.publish_prices(tx, Scope.system(), "halved", PRICES, batch_bps=5_000)
    )
    before = served.spent
    served.client.chat.completions.create(model="halved", messages=[{"role": "user", "content": "Hello"}])
    alone = served.spent - before
    assert alone == COST
    batch = run(served, [line(1, {**HELLO, "model": "halved"})])
    assert (
        batch.to_dict()["cost"]["nano"] == served.spent - before - alone == 5 + 30
    )  # each row is rounded up by itself
    served.settled()


def test_a_line_that_fails_costs_nothing_and_stands_in_the_error_file(served: Served) -> None:
    before = served.spent
    lines = [
        line(1, HELLO), line(2, {"model": "nobody", "messages": HELLO["messages"]}), line(3, {"model": "talker"}),
        line(4, {**HELLO, "n": 3}),
    ]  # fmt: skip
    batch = run(served, lines)
    assert (batch.request_counts.completed, batch.request_counts.failed) == (1, 3)
    failed = answers(served, batch.error_file_id)
    assert failed["line-2"]["response"]["status_code"] == 404
    assert "nobody" in failed["line-2"]["response"]["body"]["error"]["message"]
    assert failed["line-3"]["response"]["status_code"] == 400
    assert failed["line-4"]["response"]["body"]["error"]["param"] == "n"
    refusals = served.entrepot.gateway.watch.refusals
    assert refusals.totals["model"] == 1, "a line is counted like any call that is refused"
    assert served.spent - before == COST


def test_vectors_and_rankings_come_in_batches_too(served: Served) -> None:
    before = served.spent
    rows = [line(n, {"model": "talker", "input": "a"}, "/v1/embeddings") for n in range(2)]
    batch = run(served, rows, "/v1/embeddings")
    assert len(answers(served, batch.output_file_id)["line-1"]["response"]["body"]["data"][0]["embedding"]) == 3
    assert served.spent - before == 2 * EMBEDDING
    asked = {"model": "talker", "query": "x", "documents": ["x", "y"]}
    batch = run(served, [line(1, asked, "/v1/rerank")], "/v1/rerank")
    assert answers(served, batch.output_file_id)["line-1"]["response"]["body"]["results"][0]["index"] == 0


@pytest.mark.parametrize(
    ("lines", "code", "number"),
    [
        ([line(1, HELLO), "{half"], "invalid_json_line", 2),
        (["[1]"], "invalid_line", 1),
        ([line(1, HELLO), "", line(1, HELLO)], "duplicate_custom_id", 3),
        ([line(1, HELLO, "/v1/embeddings")], "mismatched_url", 1),
        ([line(1, HELLO).replace("POST", "GET")], "invalid_method", 1),
        ([json.dumps({"custom_id": "x" * 600, "method": "POST", "url": "/v1/x", "body": {}})], "invalid_line", 1),
        ([line(1, {**HELLO, "x": "y" * (1 << 20)})], "line_too_large", 1),
        ([""], "empty_file", None),
    ],
)
def test_a_file_that_is_no_batch_says_which_line_is_at_fault(
    served: Served, lines: list[str], code: str, number: int | None
) -> None:
    batch = run(served, lines)
    assert batch.status == "failed"
    assert batch.errors is not None
    assert [(each.code, each.line) for each in batch.errors.data] == [(code, number)]
    assert batch.request_counts.total == 0


def test_a_cancelled_batch_keeps_what_was_done_and_asks_no_more(served: Served) -> None:
    before = served.spent
    served.server.pace_s = 0.05
    try:
        batch = served.client.batches.create(
            input_file_id=send(served, [line(n, HELLO) for n in range(400)]), endpoint="/v1/chat/completions",
            completion_window="24h",
        )  # fmt: skip
        eventually(lambda: served.client.batches.retrieve(batch.id).request_counts.completed > 0)
        assert served.client.batches.cancel(batch.id).status == "cancelling"
        ended = wait(served, batch.id)
    finally:
        served.server.pace_s = 0.0
    assert ended.status == "cancelled"
    done = ended.request_counts.completed
    assert 0 < done < 400
    assert len(answers(served, ended.output_file_id)) == done
    assert {row["error"]["code"] for row in answers(served, ended.error_file_id).values()} == {"batch_cancelled"}
    assert served.spent - before == done * COST
    with pytest.raises(openai.ConflictError, match="cancelled already"):
        served.client.batches.cancel(batch.id)
    served.settled()


def test_what_is_not_done_in_a_day_expires(served: Served) -> None:
    served.entrepot.batches.attach(None)  # nobody answers
    loop = served._calls._loop
    try:
        batch = served.client.batches.create(
            input_file_id=send(served, [line(1, HELLO)]), endpoint="/v1/chat/completions", completion_window="24h"
        )
        eventually(lambda: served.client.batches.retrieve(batch.id).status == "in_progress")
        served.market.clock.advance(DAY)
        ended = wait(served, batch.id, passing=SECOND)
    finally:
        served.entrepot.batches.attach(loop)
    assert ended.status == "expired"
    assert answers(served, ended.error_file_id)["line-1"]["error"]["code"] == "batch_expired"


def test_files_are_listed_read_and_deleted_by_their_owner_only(served: Served) -> None:
    sent = send(served, [line(1, HELLO)])
    assert served.client.files.retrieve(sent).filename == "calls.jsonl"
    assert sent in {each.id for each in served.client.files.list()}
    page = served.client.files.list(limit=1)
    assert len(page.data) == 1
    assert page.has_next_page()
    bruno = served.visit().sign_in(BRUNO)
    for answer in (bruno.get(f"/v1/files/{sent}"), bruno.get(f"/v1/files/{sent}/content"),
                   bruno.change("DELETE", f"/v1/files/{sent}")):  # fmt: skip
        assert answer.status_code == 404
    stolen = bruno.post("/v1/batches", {"input_file_id": sent, "endpoint": "/v1/embeddings"})
    assert stolen.status_code == 404
    assert served.client.files.delete(sent).deleted
    with pytest.raises(openai.NotFoundError, match="no such file"):
        served.client.files.retrieve(sent)


def test_files_are_listed_by_their_purpose_and_in_either_order(served: Served) -> None:
    batch = run(served, [line(1, HELLO)])
    outputs = {each.id for each in served.client.files.list(purpose="batch_output")}
    assert batch.output_file_id in outputs
    assert batch.input_file_id not in outputs
    assert [*served.client.files.list(purpose="assistants")] == []
    newest = [each.id for each in served.client.files.list(limit=2)]
    oldest = [each.id for each in served.client.files.list(limit=2, order="asc")]
    assert newest == oldest[::-1]
    assert len(newest) > 2, "page after page, both ways"


def test_a_file_that_a_batch_reads_stays(served: Served) -> None:
    served.entrepot.batches.attach(None)  # nobody answers before it was asked for
    try:
        sent = send(served, [line(1, HELLO)])
        batch = served.client.batches.create(
            input_file_id=sent, endpoint="/v1/chat/completions", completion_window="24h"
        )
        with pytest.raises(openai.ConflictError, match="batch reads"):
            served.client.files.delete(sent)
    finally:
        served.entrepot.batches.attach(served._calls._loop)
    wait(served, batch.id, passing=SECOND)
    assert served.client.files.delete(sent).deleted


def test_the_same_batch_sent_again_under_its_key_is_one(served: Served) -> None:
    sent = send(served, [line(1, HELLO)])
    body = {"input_file_id": sent, "endpoint": "/v1/chat/completions"}
    first, second = (served.post("/v1/batches", body, idempotency_key="batch-1").json() for _ in range(2))
    assert first["id"] == second["id"]
    wait(served, first["id"])


def test_engines_that_fail_for_a_while_are_asked_again(served: Served) -> None:
    before = served.spent
    served.server.fault = "broken"
    try:
        batch = served.client.batches.create(
            input_file_id=send(served, [line(1, HELLO)]), endpoint="/v1/chat/completions", completion_window="24h"
        )
        asked = len(served.server.asked)
        eventually(lambda: len(served.server.asked) > asked + 1)
    finally:
        served.server.fault = ""
    assert wait(served, batch.id).request_counts.completed == 1
    assert served.spent - before == COST
    served.settled()
    assert served.entrepot.database.read_now(lambda s: cloud.list_batches(s, served.market.cast.chen, None, 1))


def test_two_processes_that_work_at_one_batch_answer_and_bill_each_line_once(served: Served) -> None:
    """As when a lease ran out of a process that was only slow."""
    before = served.spent
    entrepot, loop = served.entrepot, served._calls._loop
    other = cloud.BatchRunner(entrepot.gateway, entrepot.database, entrepot.blobs, "USD")
    served.server.pace_s = 0.02
    entrepot.batches.attach(None)
    try:
        batch = served.client.batches.create(
            input_file_id=send(served, [line(n, HELLO) for n in range(6)]), endpoint="/v1/chat/completions",
            completion_window="24h",
        )  # fmt: skip
        eventually(lambda: served.client.batches.retrieve(batch.id).status == "in_progress")
        found = entrepot.database.read_now(lambda s: batches.find_batch(s, batch.id))
        assert found is not None
        entrepot.batches.attach(loop)
        slices = [asyncio.run_coroutine_threadsafe(each._slice(found, time.monotonic() + WAIT_S), loop)
                  for each in (entrepot.batches, other)]  # fmt: skip
        for each in slices:
            each.result(WAIT_S)
        ended = wait(served, batch.id, passing=SECOND)
    finally:
        served.server.pace_s = 0.0
        entrepot.batches.attach(loop)
    assert (ended.request_counts.completed, ended.request_counts.failed) == (6, 0)
    assert served.spent - before == 6 * COST
    served.settled()


def test_a_stop_in_the_middle_of_a_batch_is_no_failure_and_the_rest_is_done_later(served: Served) -> None:
    before, runner, loop = served.spent, served.entrepot.batches, served._calls._loop
    served.server.pace_s = 0.1
    runner.attach(None)
    stopped: Any = SimpleNamespace(closing=True)
    try:
        batch = served.client.batches.create(
            input_file_id=send(served, [line(1, HELLO)]), endpoint="/v1/chat/completions", completion_window="24h"
        )
        eventually(lambda: served.client.batches.retrieve(batch.id).status == "in_progress")
        found = served.entrepot.database.read_now(lambda s: batches.find_batch(s, batch.id))
        assert found is not None
        runner.attach(loop)
        assert runner._work(stopped, found) == batching.NO_LOOP_S
        ended = wait(served, batch.id, passing=SECOND)
    finally:
        served.server.pace_s = 0.0
        runner.attach(loop)
    assert (ended.request_counts.completed, ended.request_counts.failed) == (1, 0)
    assert served.spent - before == COST
    served.settled()


def test_a_line_that_another_process_answered_meanwhile_is_not_asked(served: Served) -> None:
    runner, loop, database = served.entrepot.batches, served._calls._loop, served.entrepot.database
    runner.attach(None)
    try:
        batch = served.client.batches.create(
            input_file_id=send(served, [line(1, HELLO)]), endpoint="/v1/chat/completions", completion_window="24h"
        )
        eventually(lambda: served.client.batches.retrieve(batch.id).status == "in_progress")
        found = database.read_now(lambda s: batches.find_batch(s, batch.id))
        [waiting] = database.read_now(lambda s: batches.list_waiting(s, batch.id, 9))
        database.write_now(lambda tx: batches.fail_line(tx, batch.id, waiting, 500, "{}"))
        assert found is not None
        asked = len(served.server.asked)
        assert asyncio.run_coroutine_threadsafe(runner._line(found, waiting), loop).result(WAIT_S) == 0
        assert len(served.server.asked) == asked
    finally:
        runner.attach(loop)
    assert wait(served, batch.id, passing=SECOND).request_counts.failed == 1


def test_a_line_is_answered_once(served: Served) -> None:
    """The second answer of a line is refused in the transaction that would have billed it."""
    batch = run(served, [line(1, HELLO)])
    found = batches.Line(1, "line-1", 0, 1, batches.request_of(batch.id, 1))
    with pytest.raises(Conflict, match="has an answer"):
        served.entrepot.database.write_now(lambda tx: batches.store_line(tx, batch.id, found, "{}", 1))
