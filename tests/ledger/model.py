"""A second ledger, as plain as it can be, that the real one is compared with.

It keeps a list of everything that was posted and adds it all up again for each question. It shares no code with the
real one but the types of steps.
"""

from typing import Any

from entrepot.kernel import Conflict, Invalid, NotFound
from entrepot.ledger import Account, Capture, Expire, Hold, Insufficient, Move, Step, Void

LARGEST = 2**53 - 1


class Model:
    """What was posted, in order: (id, kind, debit, credit, amount, hold, step)."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, str, Account, Account, int, str | None, Step]] = []

    def post(self, steps: list[Step], now: int) -> tuple[list[str], list[str]]:
        """Apply all steps or raise what the ledger should raise; returns (applied, repeated)."""
        for step in steps:
            self.check(step)
        before = list(self.entries)
        applied, repeated = [], []
        try:
            for step in steps:
                (applied if self.apply(step, now) else repeated).append(step.id)
        except Exception:
            self.entries = before
            raise
        return applied, repeated

    def check(self, step: Step) -> None:
        if isinstance(step, Move | Hold | Capture) and not 1 <= step.amount <= LARGEST:
            raise Invalid("amount")
        if isinstance(step, Move | Hold):
            if step.debit.unit != step.credit.unit:
                raise Invalid("unit")
            if (step.debit.owner, step.debit.kind) == (step.credit.owner, step.credit.kind):
                raise Invalid("sides")

    def apply(self, step: Step, now: int) -> bool:
        earlier = [entry[6] for entry in self.entries if entry[0] == step.id]
        if earlier:
            if earlier[0] == step:
                return False
            raise Conflict("id")
        if isinstance(step, Move):
            self.entries.append((step.id, "move", step.debit, step.credit, step.amount, None, step))
            self.bounds(step.debit, step.credit)
        elif isinstance(step, Hold):
            if step.expires_at is not None and step.expires_at <= now:
                raise Invalid("late")
            self.entries.append((step.id, "hold", step.debit, step.credit, step.amount, None, step))
            self.bounds(step.debit, step.credit)
        else:
            self.use(step, now)
        return True

    def use(self, step: Capture | Void | Expire, now: int) -> None:
        found = [entry for entry in self.entries if entry[0] == step.hold and entry[1] == "hold"]
        if not found:
            raise NotFound("hold")
        _, _, debit, credit, _, _, made = found[0]
        assert isinstance(made, Hold)
        left = self.left(step.hold)
        over = made.expires_at is not None and now >= made.expires_at
        if left == 0:
            raise Conflict("ended")
        if isinstance(step, Capture):
            if over or step.amount > left:
                raise Conflict("capture")
            self.entries.append((step.id, "capture", debit, credit, step.amount, step.hold, step))
            if step.final and left > step.amount:
                self.entries.append(("", "release", debit, credit, left - step.amount, step.hold, step))
        else:
            if isinstance(step, Expire) and not over:
                raise Conflict("early")
            self.entries.append((step.id, "release", debit, credit, left, step.hold, step))

    def left(self, hold: str) -> int:
        whole = sum(amount for id, kind, _, _, amount, _, _ in self.entries if id == hold and kind == "hold")
        return whole - sum(amount for _, _, _, _, amount, used, _ in self.entries if used == hold)

    def held(self, account: Account) -> tuple[int, int, int]:
        """Balance, pending debits, pending credits."""
        balance = 0
        for _, kind, debit, credit, amount, _, _ in self.entries:
            if kind in ("move", "capture"):
                balance += amount * ((credit == account) - (debit == account))
        holds: list[Any] = [entry for entry in self.entries if entry[1] == "hold"]
        debits = sum(self.left(entry[0]) for entry in holds if entry[2] == account)
        credits = sum(self.left(entry[0]) for entry in holds if entry[3] == account)
        return balance, debits, credits

    def bounds(self, debit: Account, credit: Account) -> None:
        balance, pending, _ = self.held(debit)
        if debit.floor is not None and balance - pending < debit.floor:
            raise Insufficient("floor", debit, debit.floor - balance + pending)
        balance, _, pending = self.held(credit)
        if credit.ceiling is not None and balance + pending > credit.ceiling:
            raise Insufficient("ceiling", credit, balance + pending - credit.ceiling)

    def holds(self) -> dict[str, tuple[int, int, str]]:
        """Every hold as (captured, left, state)."""
        return {entry[0]: self.hold_state(entry[0]) for entry in self.entries if entry[1] == "hold"}

    def hold_state(self, hold: str) -> tuple[int, int, str]:
        uses = [entry for entry in self.entries if entry[5] == hold]
        captured = sum(entry[4] for entry in uses if entry[1] == "capture")
        left = self.left(hold)
        if left:
            return captured, left, "open"
        last = uses[-1][6]
        return (
            captured,
            0,
            "captured" if isinstance(last, Capture) else "voided" if isinstance(last, Void) else "expired",
        )
