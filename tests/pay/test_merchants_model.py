"""What merchants are owed, against a plain model: settlements, reserves, refunds, disputes and payouts in any order."""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random
from typing import Any

from entrepot import ledger, pay
from entrepot.identity import Scope
from entrepot.kernel import DAY, Database
from entrepot.pay import accounts
from tests.pay import purchases as p
from tests.proof import count


@dataclass
class Sale:
    """A settled order: what its merchant got, what of that refunds have taken, and the dispute that keeps some."""

    name: str
    payment: pay.Payment
    seller: int
    taken: int = 0
    dispute: str = ""
    apart: int = 0


@dataclass
class Merchant:
    """What one merchant has, by where it is."""

    scope: Scope
    bps: int
    days: int
    payable: int = 0
    owed: int = 0
    kept: list[tuple[int, str, int]] = field(default_factory=list)
    reserve: int = 0
    sales: list[Sale] = field(default_factory=list)
    payout: pay.Payout | None = None
    sent: list[pay.Payout] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)
    """What moved since the last payout, by code: the next statement's totals."""
    is_paused: bool = False

    @property
    def id(self) -> str:
        return str(self.scope.organisation)

    def move(self, code: str, amount: int) -> None:
        self.payable += amount
        if amount:
            self.lines[code] = self.lines.get(code, 0) + amount

    def settle(self, sale: Sale, now: int) -> None:
        self.sales.append(sale)
        self.move(accounts.SELLER, sale.seller)
        recovered = min(self.owed, sale.seller)
        self.owed -= recovered
        self.move(accounts.RECOVER, -recovered)
        share = min(round(Fraction(sale.seller * self.bps, 10_000)), sale.seller - recovered)
        if share > 0 and self.days:
            self.kept.append((now + self.days * DAY, sale.name, share))
            self.reserve += share
            self.move(accounts.RESERVE, -share)

    def give_back(self, sale: Sale, amount: int) -> bool:
        if amount > sale.seller - sale.taken:
            return False
        sale.taken += amount
        due = min(self.payable, amount)
        kept = min(self.reserve, amount - due)
        self.move(accounts.REFUND_SELLER, -due)
        self.reserve -= kept
        self.owed += amount - due - kept
        return True

    def release(self, now: int) -> None:
        due = sorted(each for each in self.kept if each[0] <= now)
        for each in due:
            amount = min(each[2], self.reserve)
            self.reserve -= amount
            self.move(accounts.RESERVE_RELEASED, amount)
            self.kept.remove(each)


def test_merchants_have_what_the_model_says_whatever_happens(database: Database) -> None:
    for seed in range(count(10, 200)):
        random = Random(seed)
        pair = [
            Merchant(Scope("usr_1", f"org_a_{seed}", frozenset(("merchant",))), random.choice([0, 500, 10_000]), 3),
            Merchant(Scope("usr_2", f"org_b_{seed}", frozenset(("merchant",))), 3_333, random.choice([0, 1])),
        ]
        for each in pair:
            terms = pay.PayoutTerms(reserve_bps=each.bps, reserve_days=each.days)
            database.write_now(lambda tx, each=each, terms=terms: pay.set_terms(tx, p.DANA, each.id, terms))
        done = []
        for number in range(random.randint(5, 25)):
            done.append(step(random, database, pair, f"{seed}_{number}"))
            assert [found(database, each) for each in pair] == [wanted(each) for each in pair], (seed, done)
    assert p.breaches(database) == []


def wanted(merchant: Merchant) -> dict[str, int]:
    apart = sum(sale.apart for sale in merchant.sales)
    return {"payable": merchant.payable, "reserve": merchant.reserve, "owed": -merchant.owed, "apart": apart}


def found(database: Database, merchant: Merchant) -> dict[str, int]:
    apart = [accounts.disputed(sale.dispute, "EUR") for sale in merchant.sales if sale.dispute]
    return {
        "payable": p.available(database, accounts.payable(merchant.id, "EUR")),
        "reserve": p.available(database, accounts.reserve(merchant.id, "EUR")),
        "owed": database.read_now(lambda s: ledger.balance_of(s, accounts.receivable(merchant.id, "EUR"))).balance,
        "apart": sum(p.available(database, each) for each in apart),
    }


def step(random: Random, database: Database, pair: list[Merchant], name: str) -> tuple[str, str]:
    """Do one thing to the market and to the model."""
    merchant = random.choice(pair)
    acts: list[Callable[[Random, Database, Merchant, str], None]] = [sell, sell, sell, refund, refund, dispute, wait]
    act = random.choice([*acts, answer, answer, resume])
    if random.random() < 0.15:
        pay_out(database, pair, random.choice([1, 5]))
        return "pay_out", ""
    act(random, database, merchant, name)
    if act is wait:
        for each in pair:
            each.release(database.clock.now())
    return act.__name__, merchant.id


def sell(random: Random, database: Database, merchant: Merchant, name: str) -> None:
    amount = random.randint(1, 30)
    early = random.choice([0, 0, amount // 2])
    payment = p.buy(database, f"ord_{name}", [pay.PaymentLeg(f"sor_{name}", amount, merchant.id)])
    if early:
        wish = pay.Refund(payment.id, f"sor_{name}", early, "Sorry", seller_minor=early)
        p.post_refund(database, wish)
    [before] = on_the_way(database, merchant)
    legs = p.complete(database, amount - early, f"sor_{name}", merchant.id)
    [after] = on_the_way(database, merchant)
    assert before.escrow_minor - after.escrow_minor == amount - early
    merchant.settle(Sale(f"sor_{name}", payment, legs.seller_minor), database.clock.now())


def on_the_way(database: Database, merchant: Merchant) -> list[pay.OnTheWay]:
    return database.read_now(lambda s: pay.money_on_the_way(s, merchant.scope))


def refund(random: Random, database: Database, merchant: Merchant, name: str) -> None:
    if merchant.sales:
        sale, amount = random.choice(merchant.sales), random.randint(1, 12)
        wish = pay.Refund(sale.payment.id, sale.name, amount, "Sorry", seller_minor=amount)
        expected = merchant.give_back(sale, amount)
        assert (p.refusal_of(lambda: p.post_refund(database, wish)) == "ok") == expected


def dispute(random: Random, database: Database, merchant: Merchant, name: str) -> None:
    """Keep some of a sale's money, or let go of it with a fee."""
    if not merchant.sales:
        return
    sale = random.choice(merchant.sales)
    if sale.dispute and random.random() < 0.8:
        fee = random.choice([0, 2])
        p.unfreeze(database, sale.dispute, fee)
        p.unfreeze(database, sale.dispute, fee)  # a dispute ends once
        merchant.move(accounts.UNFREEZE, sale.apart)
        merchant.owed += fee
        sale.dispute, sale.apart = "", 0
    elif sale.dispute:
        assert p.refusal_of(lambda: p.freeze(database, f"dsp_{name}", sale.name, 1)) == "conflict"
    else:
        amount = random.randint(0, sale.seller)
        sale.dispute, sale.apart = f"dsp_{name}", min(amount, merchant.payable)
        assert p.freeze(database, sale.dispute, sale.name, amount) == sale.apart
        merchant.move(accounts.FREEZE, -sale.apart)


def wait(random: Random, database: Database, merchant: Merchant, name: str) -> None:
    clock: Any = database.clock
    clock.advance(random.choice([1, DAY, 2 * DAY]))
    database.write_now(pay.reserves.release_due)


def pay_out(database: Database, pair: list[Merchant], minimum: int) -> None:
    """Everybody to whom enough is due, once, with a statement that says why."""
    begun = database.write_now(lambda tx: pay.request_payouts(tx, p.DANA, minimum))
    mine = {each.id: each for each in pair}
    payouts = {each.merchant_id: each for each in begun if each.merchant_id in mine}
    ready = [each for each in pair if each.payable >= minimum and not (each.payout or each.is_paused)]
    assert {key: each.amount_minor for key, each in payouts.items()} == {each.id: each.payable for each in ready}
    for each in ready:
        payout = payouts[each.id]
        statement = database.read_now(lambda s, each=each, payout=payout: pay.get_statement(s, each.scope, payout.id))
        assert statement.totals == {
            code: total for code, total in each.lines.items() if total or code in statement.totals
        }
        assert sum(line.amount_minor for line in statement.lines) == payout.amount_minor
        each.payout, each.payable, each.lines = payout, 0, {}


def answer(random: Random, database: Database, merchant: Merchant, name: str) -> None:
    """The processor has sent a payout, refuses it, or had it come back."""
    state = random.choice(["done", "done", "failed"])
    payout = merchant.payout or (random.choice(merchant.sent) if merchant.sent and state == "failed" else None)
    if payout is None:
        return
    receipt = pay.Receipt(payout.id, "po_1", payout.amount_minor, "EUR", state, "No")  # type: ignore[arg-type]
    for _ in range(2):
        database.write_now(lambda tx: pay.reports.report(tx, "sandbox", pay.PayoutTold(receipt)))
    if state == "done":
        merchant.sent.append(payout)
        merchant.payout = None
        return
    merchant.is_paused = True
    if merchant.payout is None:
        merchant.sent.remove(payout)
        merchant.move(accounts.PAYOUT_RETURNED, payout.amount_minor)
    else:  # it never left: the next statement begins where this one began
        statement = database.read_now(lambda s: pay.get_statement(s, merchant.scope, payout.id))
        merchant.payout = None
        merchant.payable += payout.amount_minor
        for code, total in statement.totals.items():
            merchant.lines[code] = merchant.lines.get(code, 0) + total


def resume(random: Random, database: Database, merchant: Merchant, name: str) -> None:
    database.write_now(lambda tx: pay.resume_payouts(tx, merchant.scope, merchant.id, "EUR"))
    merchant.is_paused = False
