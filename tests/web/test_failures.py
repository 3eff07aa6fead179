"""The operator's page of what failed: one try, or all of them, whenever whatever was away is there again."""

from __future__ import annotations

from typing import Any

from entrepot.kernel import Prepared, list_stuck_tasks, prepare_text
from tests.orders.market import Market
from tests.web.visitors import PAGE, Visitor


def test_all_that_is_stuck_is_tried_again_by_one_button(dana: Visitor, bruno: Visitor, market: Market) -> None:
    for number in range(2):
        market.database.write_now(lambda tx: tx.run(_STUCK, id=f"tsk_stuck_{number}"))  # noqa: B023
    page = dana.get("/operator/failures", headers=PAGE).text
    assert "tsk_stuck_0" in page
    assert "Try all again" in page
    assert bruno.form("/operator/failures/tasks/all").status_code in (403, 404)
    assert len(market.database.read_now(list_stuck_tasks)) == 2
    answer = dana.form("/operator/failures/tasks/all")
    assert answer.status_code == 303, answer.text
    assert market.database.read_now(list_stuck_tasks) == []
    assert "Had 2 tasks tried again" in dana.get("/operator/audit", headers=PAGE).text
    assert "Try all again" not in dana.get("/operator/failures", headers=PAGE).text


_STUCK: Prepared[Any] = prepare_text(
    "INSERT INTO kernel_tasks (id, kind, body, key, state, attempts, run_at, created_at) "
    "VALUES (:id, 'nobody.knows', '{}', NULL, 'stuck', 8, 0, 0)"
)
