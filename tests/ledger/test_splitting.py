"""An amount that is split among accounts leaves nothing behind and nothing missing."""

from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from entrepot.kernel import split
from entrepot.kernel.testing import open_file
from entrepot.ledger import Account, Balance
from tests.ledger.acts import BANK, balance, move, post, prove

ESCROW = Account("sor_1", "escrow", "USD", floor=0)


def test_the_parts_of_an_amount_empty_the_account_they_come_from(tmp_path: Path) -> None:
    database = open_file(tmp_path)
    parts = split(100, [1, 1, 1])
    assert parts == [34, 33, 33]
    to = [Account(f"org_{n}", "payable", "USD", floor=0) for n in range(3)]
    post(database, move("in", BANK, ESCROW, 100))
    post(database, *[move(f"out{n}", ESCROW, account, parts[n]) for n, account in enumerate(to)])
    assert balance(database, ESCROW) == Balance(0)
    prove(database)
    database.close()


@given(st.integers(-(10**18), 10**18), st.lists(st.integers(0, 10**9), min_size=1, max_size=12))
@example(1, [0, 0])
@example(2, [1, 1, 1])
@example(-7, [3, 3, 1])
def test_parts_sum_to_the_whole_and_none_is_a_unit_off(amount: int, weights: list[int]) -> None:
    parts, total = split(amount, weights), sum(weights)
    assert sum(parts) == amount
    if total:
        assert all(abs(part * total - amount * weight) < total for part, weight in zip(parts, weights, strict=True))
    assert parts == split(amount, weights)
