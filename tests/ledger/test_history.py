"""Lists of transfers: an account's, a ref's, page by page."""

import pytest

from entrepot import ledger
from entrepot.kernel import Database, NotFound
from entrepot.kernel.testing import NOON
from entrepot.ledger import Account, Capture, Transfer
from tests.ledger.acts import ALICE, BANK, BRUNO, hold, move, post, seal


def ids(database: Database, account: Account | None = None, ref: str | None = None, **page: object) -> list[str]:
    """The ids of a list."""
    found = database.read_now(lambda s: ledger.list_transfers(s, account=account, ref=ref, **page))  # type: ignore[arg-type]
    return [each.id for each in found]


@pytest.fixture
def history(database: Database) -> Database:
    """Six transfers of three accounts and two refs, four of them sealed."""
    post(database, move("m1", BANK, ALICE, 9, ref="one"), move("m2", BANK, BRUNO, 5, ref="two"))
    post(database, hold("h1", ALICE, BRUNO, 4), move("m3", ALICE, BRUNO, 1, ref="one"))
    seal(database)
    post(database, Capture("c1", "h1", 4, "test", "one"), move("m0", BANK, ALICE, 1, ref="two"))
    return database


def test_a_transfer_is_shown_whole(history: Database) -> None:
    first = history.read_now(lambda s: ledger.list_transfers(s, most=1))
    assert first == [
        Transfer("m1", "move", BANK.id, ALICE.id, "USD", 9, "test", "one", None, 0, None, NOON, position=1)
    ]
    last = history.read_now(lambda s: ledger.list_transfers(s, account=BRUNO))[-1]
    assert (last.kind, last.hold, last.amount, last.position) == ("capture", "h1", 4, None)


def test_lists_are_oldest_first(history: Database) -> None:
    assert ids(history) == ["m1", "m2", "h1", "m3", "c1", "m0"]


def test_a_list_is_of_an_account_a_ref_or_both(history: Database) -> None:
    assert ids(history, ALICE) == ["m1", "h1", "m3", "c1", "m0"]
    assert ids(history, ref="one") == ["m1", "m3", "c1"]
    assert ids(history, BRUNO, "one") == ["m3", "c1"]
    assert ids(history, BANK, "nothing") == []


@pytest.mark.parametrize("most", [1, 2, 3, 4, 5])
def test_pages_hold_everything_once(history: Database, most: int) -> None:
    for account, ref in ((None, None), (ALICE, None), (None, "one"), (BRUNO, "one")):
        whole = ids(history, account, ref)
        pages, after = [], None
        while page := ids(history, account, ref, after=after, most=most):
            pages += page
            after = page[-1]
        assert pages == whole


def test_a_page_goes_on_where_it_was_though_it_was_sealed_meanwhile(history: Database) -> None:
    assert ids(history, most=5)[-1] == "c1"
    seal(history)
    assert ids(history, after="c1") == ["m0"]


def test_a_page_behind_nothing_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound):
        ids(database, after="nothing")


def test_a_page_has_its_limits(history: Database) -> None:
    assert len(ids(history, most=0)) == 1
    assert len(ids(history, most=10**9)) == 6


def test_the_sides_of_a_transfer_are_told_by_their_ids(history: Database) -> None:
    found = history.read_now(lambda s: ledger.accounts_of(s, [BRUNO.id, BANK.id, "nobody's"]))
    assert found == {BRUNO.id: BRUNO, BANK.id: BANK}
    assert history.read_now(lambda s: ledger.accounts_of(s, [])) == {}
