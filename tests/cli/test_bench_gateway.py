"""The bench of the gateway: its plain client reads whole answers of both kinds, and its bars are those agreed."""

from __future__ import annotations

import pytest

from entrepot.cli.bench import gateway
from entrepot.kernel import Unavailable


def test_its_client_reads_whole_answers_from_the_double() -> None:
    with gateway.upstream() as there:
        for stream in (False, True):
            caller = gateway.Caller(there, "/v1/chat/completions", "bench", "none", stream=stream)
            assert all(0 < caller.once() < 30 for _ in range(3))
            caller.close()


def test_a_call_that_is_refused_ends_the_bench_with_what_was_said() -> None:
    with gateway.upstream() as there:
        caller = gateway.Caller(there.removesuffix("/v1"), "/v1/rerank", "bench", "none")
        with pytest.raises((Unavailable, OSError)):
            caller.once()
        caller.close()


@pytest.mark.parametrize(("added_ms", "verdict"), [(2.4, "goal"), (4.0, "floor"), (6.0, "MISSED")])
def test_the_bar_is_three_appends_and_two_milliseconds(added_ms: float, verdict: str) -> None:
    times = {"append": 1e-3, "direct": 1e-3, "metered": 1e-3 + added_ms / 1e3}
    singles = {name: [took] * 3 for name, took in times.items()}
    singles |= {f"{name}, streamed": singles[name] for name in ("direct", "metered")}
    figures = {each.what: each for each in gateway._figures("SQLite", singles, 700.0, 1_200.0)}
    assert figures["SQLite: added to a call, p50"].verdict == verdict
    assert figures["SQLite: calls, 8 clients"].verdict == "floor"
    assert figures["SQLite: streamed calls, 8 clients"].verdict == "goal"
