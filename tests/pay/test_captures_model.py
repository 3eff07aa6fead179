"""Parts of authorised payments against a plain model: whatever is taken, let go and given back, in whatever order."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from entrepot import ledger, pay
from entrepot.kernel import Database, Tx
from tests.pay import purchases as p
from tests.pay.test_captures import TakesOnce, let_go, take, taken_at
from tests.proof import count


@dataclass
class Leg:
    """A seller order as it ought to be: what is set aside and not let go, asked for, taken, and given back."""

    name: str
    set_aside: int
    gift: int
    subsidy: int
    asked: int = 0
    taken: int = 0
    back: int = 0
    is_final: bool = False
    is_closed: bool = False

    @property
    def left(self) -> int:
        return self.set_aside - self.asked

    @property
    def escrow(self) -> int:
        return self.taken - self.back + (self.gift + self.subsidy if self.taken else 0)

    def close(self) -> None:
        self.set_aside, self.is_closed = self.taken, True


@dataclass
class Model:
    """A payment whose processor takes parts, or everything at once."""

    payment: pay.Payment
    legs: list[Leg]
    in_parts: bool

    @property
    def is_captured(self) -> bool:
        return all(leg.is_closed for leg in self.legs)

    def take(self, leg: Leg, amount: int, final: bool) -> bool:
        if amount <= 0 or amount > leg.left:
            return False
        if not self.is_captured:
            leg.asked += amount
            leg.is_final |= final or leg.left == 0
        return True

    def let_go(self, leg: Leg, amount: int | None) -> bool:
        if self.is_captured:
            return True
        amount = leg.left if amount is None else amount
        if not 0 <= amount <= leg.left:
            return False
        leg.set_aside -= amount
        if leg.left == 0 and leg.asked == leg.taken:
            leg.close()
        return True

    def refund(self, leg: Leg, amount: int) -> bool:
        released = 0 if self.is_captured else min(amount, leg.left)
        if amount - released > leg.taken - leg.back:
            return False
        if released:
            self.let_go(leg, released)
        leg.back += amount - released
        return True

    def run(self) -> None:
        if self.is_captured:
            return
        if not self.in_parts and any(leg.asked > leg.taken for leg in self.legs):
            for leg in self.legs:
                leg.taken, leg.is_closed = leg.set_aside, True
            return
        for leg in self.legs:
            leg.taken = leg.asked
            if leg.is_final or leg.left == 0:
                leg.close()


def begin(random: Random, database: Database, in_parts: bool, number: int) -> Model:
    legs = [
        Leg(f"sor_{number}_{place}", random.randint(1, 12), random.choice([0, 3]), random.choice([0, 2]))
        for place in range(random.randint(1, 2))
    ]

    gift_minor = sum(leg.gift for leg in legs)
    uses: tuple[pay.GiftUse, ...] = ()
    if gift_minor:
        wanted = pay.IssueCard("EUR", gift_minor + 1)
        card, _ = database.write_now(lambda tx: pay.issue_gift_card(tx, p.DANA, wanted))
        uses = (pay.GiftUse(card.id, gift_minor),)
    paid = [pay.PaymentLeg(leg.name, leg.set_aside, f"org_{leg.name}", leg.gift, leg.subsidy) for leg in legs]
    wish = pay.StartPayment(f"ord_{number}", "EUR", tuple(paid), "tok_ok", p.ALICE.actor, uses, "on_shipment")

    def start(tx: Tx) -> pay.Payment:
        payment, plan = pay.start_payment(tx, wish)
        ledger.post(tx, plan)
        return payment

    return Model(database.write_now(start), legs, in_parts)


@pytest.mark.parametrize("in_parts", [True, False])
def test_parts_are_taken_let_go_and_given_back_as_the_model_says(
    database: Database, processor: pay.SandboxProcessor, in_parts: bool
) -> None:
    acting = processor if in_parts else TakesOnce(processor)
    for seed in range(count(40, 600)):
        random = Random(seed)
        pair = [begin(random, database, in_parts, 2 * seed + place) for place in range(2)]  # neither has the other's
        p.run_tasks(database, acting)
        acts = {kind: taken_at(processor, kind) for kind in ("capture", "refund", "void")}
        done = [step(random, database, acting, pair) for _ in range(random.randint(1, 10))]
        for model in pair:
            model.run()
        p.run_tasks(database, acting)
        legs = [leg for model in pair for leg in model.legs]
        assert [p.escrow(database, leg.name) for leg in legs] == [leg.escrow for leg in legs], (seed, done)
        states = [p.state_of(database, model.payment) for model in pair]
        assert states == ["captured" if model.is_captured else "authorised" for model in pair], (seed, done)
        acts = {kind: taken_at(processor, kind) - before for kind, before in acts.items()}
        void = sum(model.payment.amount_minor - sum(leg.taken for leg in model.legs)
                   for model in pair if model.is_captured)  # fmt: skip
        wanted = {"capture": sum(leg.taken for leg in legs), "refund": sum(leg.back for leg in legs), "void": void}
        assert acts == wanted, (seed, done)
        check_told(database, pair)
    assert p.breaches(database) == []


def check_told(database: Database, pair: list[Model]) -> None:
    """Each part that was taken is told of once, as a part of its own payment."""
    told = [each for each in p.events_of(database) if isinstance(each, pay.PartCaptured)]
    assert len({each.capture_id for each in told}) == len(told)
    for model in pair:
        mine = [each for each in told if each.payment_id == model.payment.id]
        assert {each.seller_order_id for each in mine} <= {leg.name for leg in model.legs}
        parts = database.read_now(lambda s, mine=mine: [pay.captures.read_capture(s, each.capture_id) for each in mine])
        assert all(part.state == "done" and part.payment_id == model.payment.id for part in parts)
        if model.in_parts:
            taken = {leg.name: sum(part.amount_minor for part in parts if part.seller_order_id == leg.name)
                     for leg in model.legs}  # fmt: skip
            assert taken == {leg.name: leg.taken for leg in model.legs}


def step(random: Random, database: Database, processor: Any, pair: list[Model]) -> tuple[object, ...]:
    """Do one thing to a payment and to its model; both agree on whether it can be done.

    What was not begun and has gift cards goes back whole, or not at all: that is for another test.
    """
    model = random.choice(pair)
    leg, amount = random.choice(model.legs), random.randint(-1, 13)
    what = random.choice(["take", "take", "let_go", "refund", "run"])
    final, some = random.random() < 0.3, random.choice([None, amount])
    wish = pay.Refund(model.payment.id, leg.name, amount, "Sorry", seller_minor=amount)
    acts: dict[str, tuple[Callable[[], bool], Callable[[], object]]] = {
        "take": (
            lambda: model.take(leg, amount, final),
            lambda: take(database, model.payment, amount, leg.name, final=final),
        ),
        "let_go": (lambda: model.let_go(leg, some), lambda: let_go(database, model.payment, leg.name, some)),
        "refund": (lambda: model.refund(leg, amount), lambda: p.post_refund(database, wish)),
    }
    if what == "run" or (what == "refund" and (amount <= 0 or (leg.gift + leg.subsidy and not leg.asked))):
        for each in pair:
            each.run()
        p.run_tasks(database, processor)
        return ("run",)
    expect, act = acts[what]
    did = (what, leg.name, amount, final, some)
    assert (p.refusal_of(act) == "ok") == expect(), did
    return did
