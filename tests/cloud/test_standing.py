"""What was used and is on no invoice is told from balances, whatever came before: it is the sum of the rows, always."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from entrepot import cloud
from entrepot.cloud import admission, tables
from entrepot.cloud.admission import Ask
from entrepot.kernel import Database, Prepared, process_name
from entrepot.kernel.sql import prepare
from tests.cloud.money import CENT, CURRENCY, DANA, FAST, UNIT, give, invoice, line, receive, sell, standing, use

_rows: Prepared[Any] = prepare(
    select(func.sum(tables.usage.c.price)).where(
        tables.usage.c.organisation == "org_chen", tables.usage.c.invoice.is_(None)
    )
)


def told(database: Database) -> int:
    """What the page says, after it was compared with the rows."""
    unbilled = standing(database).unbilled
    assert unbilled == int(database.read_now(lambda s: s.value(_rows)) or 0)
    return unbilled


def test_what_is_not_invoiced_is_the_sum_of_its_rows_at_every_step(database: Database) -> None:
    sell(database)
    assert told(database) == 0
    give(database, CENT // 2, "g")
    line(database, 900 * CENT)
    use(database, "req_1", {"output_tokens": 13})  # less than the grant
    assert told(database) > 0
    receive(database, 3, "bank-1")
    use(database, "req_2", {"output_tokens": 291_003})  # beyond what was paid: on the credit line
    wish = Ask("req_open", "org_chen", "usr_chen", "m", {"output_tokens": 500})
    database.write_now(lambda tx: admission.admit(tx, wish, UNIT, process_name(), FAST))  # a hold is no use
    assert told(database) > 3 * CENT
    due = invoice(database)
    assert due.left_nano > 0
    assert due.open_net_minor > 1
    assert told(database) == 0
    receive(database, 1, "bank-2")  # a part of what is due
    use(database, "req_3", {"output_tokens": 700})
    assert told(database) == 700 * 600
    receive(database, 100_000, "bank-3")
    invoice(database)
    use(database, "req_4", {"output_tokens": 3})
    assert told(database) == 3 * 600


def test_the_operators_list_tells_it_of_every_customer(database: Database) -> None:
    sell(database)
    for organisation, tokens in (("org_bruno", 11), ("org_chen", 40)):
        give(database, 100 * CENT, f"g-{organisation}", organisation)
        use(database, f"req_{organisation}", {"output_tokens": tokens}, organisation=organisation)
    found = database.read_now(lambda s: cloud.list_customers(s, DANA, CURRENCY))
    assert {each.organisation: each.unbilled for each in found} == {"org_bruno": 11 * 600, "org_chen": 40 * 600}
