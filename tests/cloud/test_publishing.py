"""The registry and publishing: versions, lineage, licences, who decides, what a maker's share is; and its proof."""

from __future__ import annotations

import pytest

from entrepot import cloud, ledger, pay
from entrepot.cloud import accounts, customers, pricing, settling
from entrepot.cloud.admission import Ask, admit
from entrepot.cloud.licences import Licence, terms_of
from entrepot.identity import Scope
from entrepot.kernel import Conflict, Database, Invalid, NotAllowed, NotFound
from tests.cast import Cast, invite

VECTORS = cloud.Capabilities(context=512, dimensions=4)
WRITES = cloud.Capabilities(context=512, completion=True)
PRICE = {"embedding_tokens": 10**13}
"""Ten thousand dollars for a million: a cent a token."""


@pytest.fixture
def cast(database: Database) -> Cast:
    return invite(database)


def add(
    database: Database, scope: Scope, name: str = "words", licence: str = "MIT", base: str | None = None,
    known: cloud.Capabilities = VECTORS, **more: object,
) -> cloud.Model:  # fmt: skip
    draft = cloud.ModelDraft(name, "embedding", "static", Licence(licence, **more), base=base)  # type: ignore[arg-type]
    return database.write_now(lambda tx: cloud.add_model(tx, scope, draft, known))


def publish(database: Database, cast: Cast, model: cloud.Model, share: int = 7_000) -> cloud.Model:
    database.write_now(lambda tx: cloud.set_prices(tx, cast.chen, model.id, PRICE))
    database.write_now(lambda tx: cloud.submit_model(tx, cast.chen, model.id, share))
    return database.write_now(lambda tx: cloud.publish_model(tx, cast.dana, model.id))


def test_the_newest_live_version_answers_and_older_ones_by_their_number(database: Database, cast: Cast) -> None:
    first, second = (publish(database, cast, add(database, cast.chen)) for _ in range(2))
    assert (first.version, second.version) == (1, 2)
    assert database.read_now(lambda s: cloud.find_live(s, "words")) == second
    assert database.read_now(lambda s: cloud.find_live(s, "words@1")) == first
    database.write_now(lambda tx: cloud.withdraw_model(tx, cast.chen, second.id))
    assert database.read_now(lambda s: cloud.find_live(s, "words")) == first


def test_a_name_is_one_makers(database: Database, cast: Cast) -> None:
    add(database, cast.chen)
    with pytest.raises(Conflict, match="somebody else"):
        add(database, cast.bruno)


@pytest.mark.parametrize(
    ("kind", "known", "said"),
    [("chat", WRITES, "no chat template"), ("embedding", WRITES, "no vectors"), ("rerank", VECTORS, "orders no"),
     ("completion", VECTORS, "writes nothing")],
)  # fmt: skip
def test_a_model_is_registered_for_what_it_can_do(
    database: Database, cast: Cast, kind: str, known: cloud.Capabilities, said: str
) -> None:
    draft = cloud.ModelDraft("words", kind, "llama", Licence("MIT"))  # type: ignore[arg-type]
    with pytest.raises(Invalid, match=said):
        database.write_now(lambda tx: cloud.add_model(tx, cast.chen, draft, known))


def test_only_the_operator_publishes_and_only_what_has_a_price(database: Database, cast: Cast) -> None:
    model = add(database, cast.chen)
    with pytest.raises(NotAllowed):
        database.write_now(lambda tx: cloud.publish_model(tx, cast.chen, model.id))
    with pytest.raises(Conflict, match="no price"):
        database.write_now(lambda tx: cloud.publish_model(tx, cast.dana, model.id))
    with pytest.raises(NotFound):
        database.write_now(lambda tx: cloud.set_prices(tx, cast.bruno, model.id, PRICE))
    assert publish(database, cast, model).state == "live"


def test_prices_are_by_the_meters_of_its_kind_and_keep_the_share(database: Database, cast: Cast) -> None:
    model = publish(database, cast, add(database, cast.chen), 6_000)
    with pytest.raises(Invalid, match="not counted by gpu_ms"):
        database.write_now(lambda tx: cloud.set_prices(tx, cast.chen, model.id, {**PRICE, "gpu_ms": 1}))
    with pytest.raises(Invalid, match="embedding_tokens"):
        database.write_now(lambda tx: cloud.set_prices(tx, cast.chen, model.id, {"rerank_tokens": 1}))
    book = database.write_now(lambda tx: cloud.set_prices(tx, cast.chen, model.id, {"embedding_tokens": 5}))
    assert (book.nano, book.maker_bps) == ({"embedding_tokens": 5}, 6_000)


def test_another_share_holds_for_prices_that_are_still_to_come(database: Database, cast: Cast) -> None:
    model = publish(database, cast, add(database, cast.chen))
    later = database.clock.now() + 1_000_000
    database.write_now(
        lambda tx: cloud.set_prices(tx, cast.chen, model.id, {"embedding_tokens": 5}, effective_at=later)
    )
    database.write_now(lambda tx: cloud.set_share(tx, cast.dana, model.id, 5_000))
    now = database.read_now(lambda s: pricing.find_price_book(s, "words", s.now))
    then = database.read_now(lambda s: pricing.find_price_book(s, "words", later))
    assert now is not None
    assert then is not None
    assert (now.nano, now.maker_bps) == (PRICE, 5_000)
    assert (then.nano, then.maker_bps) == ({"embedding_tokens": 5}, 5_000)


@pytest.mark.parametrize(
    ("name", "terms"),
    [("Apache-2.0", "open"), ("mit", "open"), ("GPL-3.0-or-later", "open"), ("CC-BY-4.0", "open"),
     ("CC-BY-NC-4.0", "closed"), ("CC-BY-NC-ND-4.0", "closed"), ("PolyForm-Noncommercial-1.0.0", "closed"),
     ("research only", "closed"), ("llama3.2", "conditional"), ("gemma", "conditional"), ("MIT-ish", "conditional")],
)  # fmt: skip
def test_a_licences_name_tells_its_terms(name: str, terms: str) -> None:
    assert terms_of(Licence(name)) == terms


def test_what_a_base_forbids_stops_what_was_made_of_it(database: Database, cast: Cast) -> None:
    base = add(database, cast.chen, "base", "CC-BY-NC-4.0")
    child = add(database, cast.chen, "child", base="base")
    grandchild = add(database, cast.chen, "grandchild", base="child@1")
    assert (child.base, grandchild.base) == ("base@1", "child@1")
    found = database.read_now(lambda s: cloud.ancestors(s, grandchild))
    assert [each.id for each in found] == [child.id, base.id]
    with pytest.raises(Conflict, match="base@1"):
        publish(database, cast, grandchild)
    rights = add(database, cast.chen, "ours", "CC-BY-NC-4.0", url="https://example.com/ours", own=True)
    assert publish(database, cast, rights).state == "live"
    with pytest.raises(Invalid, match="its text stands"):
        publish(database, cast, add(database, cast.chen, "terms", "somebody's own"))


def use(database: Database, number: int, tokens: int, maker: str, unit: str = "USD9") -> None:
    """A stranger's call that is settled."""
    limits = customers.Limits()
    ask = Ask(f"req_{number}", "org_stranger", "key_x", "words", {"embedding_tokens": tokens})
    plan = customers.credit_plan("org_stranger", unit, 10**10, f"top_{number}")
    database.write_now(lambda tx: ledger.post(tx, plan))
    database.write_now(lambda tx: admit(tx, ask, unit, "here", limits))
    database.write_now(lambda tx: settling.settle(tx, ask.request, 1, ask.limits, unit, maker=maker))


def breaches(database: Database) -> list[str]:
    proofs = (*cloud.PROOFS, *ledger.PROOFS, *pay.PROOFS)
    return [each for proof in proofs for each in database.read_now(proof.check).breaches]


def test_shares_become_due_in_whole_units_and_nothing_is_lost_between(database: Database, cast: Cast) -> None:
    publish(database, cast, add(database, cast.chen), 3_333)
    maker = str(cast.chen.organisation)
    due = 0
    for number in range(7):
        use(database, number, 1 + number, maker)
        database.write_now(lambda tx: cloud.pay_makers(tx, "USD"))
        due = database.read_now(lambda s: ledger.balance_of(s, pay.accounts.payable(maker, "USD"))).available
        waiting = database.read_now(lambda s: ledger.balance_of(s, accounts.maker(maker, "USD9"))).available
        earned = database.read_now(lambda s: cloud.read_earnings(s, cast.chen, "USD9")).share
        assert due * 10**7 + waiting == earned
        assert waiting < 10**7
    assert due == 28 * 3_333 // 10_000
    assert breaches(database) == []


def test_the_proof_notices_a_share_that_was_not_moved_and_one_that_was_moved_twice(
    database: Database, cast: Cast
) -> None:
    publish(database, cast, add(database, cast.chen))
    maker = str(cast.chen.organisation)
    use(database, 1, 10, maker)
    assert breaches(database) == []
    more = ledger.Move("trf_x", accounts.earned("USD9"), accounts.maker(maker, "USD9"), 1, accounts.MAKER, "req_1")
    database.write_now(lambda tx: ledger.post(tx, ledger.Plan.of(more)))
    assert [each for each in breaches(database) if "earned" in each]
