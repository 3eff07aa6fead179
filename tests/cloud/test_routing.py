"""Routes: shares are kept, the same request tries the same models, and one that failed goes last for a while."""

from __future__ import annotations

from collections import Counter

import pytest

from entrepot.cloud.engines import routing
from entrepot.cloud.engines.routing import Routes

ROUTE = {"any": {"a": 6.0, "b": 3.0, "c": 1.0, "spare": 0.0}}


def firsts(routes: Routes, place: int = 0) -> Counter[str]:
    return Counter(routes.order("any", f"req_{number}")[place] for number in range(4_000))


def test_calls_go_by_share_and_a_request_always_tries_the_same() -> None:
    routes = Routes(ROUTE)
    found = firsts(routes)
    for model, share in (("a", 0.6), ("b", 0.3), ("c", 0.1)):
        assert abs(found[model] / 4_000 - share) < 0.03
    assert found["spare"] == 0
    assert routes.order("any", "req_7") == Routes(ROUTE).order("any", "req_7")
    assert routes.order("a model", "req_7") == ["a model"]


def test_what_a_failed_model_had_goes_to_the_others_by_their_shares() -> None:
    routes = Routes(ROUTE)
    routes.failed("a")
    found = firsts(routes)
    assert found["a"] == 0
    assert abs(found["b"] / 4_000 - 0.75) < 0.03
    assert firsts(routes, -1)["a"] == 4_000, "it is still tried, last of all"


def test_a_model_rests_longer_each_time_it_fails_and_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(f"{routing.__name__}.time.monotonic", lambda: now[0])
    routes = Routes({"any": {"a": 1e9, "b": 1e-9}})

    def rests() -> bool:
        return routes.order("any", "req_1")[0] == "b"

    for rest_s in (2, 4, 8, 16, 32, 60, 60):
        routes.failed("a")
        now[0] += rest_s - 0.1
        assert rests()
        now[0] += 0.2
        assert not rests()
    routes.worked("a")
    routes.failed("a")
    now[0] += 2.1
    assert not rests()
