"""How the sandbox misbehaves: as the buyer's token says, or by rates from a seed.

Tokens: `tok_ok`, `tok_decline`, `tok_timeout` (charged, the answer is lost), `tok_slow` (captured some seconds later,
found by asking), `tok_webhook_only` (told by webhook alone), `tok_webhook_twice`, `tok_webhook_late_reordered` (two
webhooks, a minute late, the newer one first), `tok_chargeback` (taken back by the buyer's bank an hour later, which
gives in a day after), `tok_chargeback_lost` (which does not). Every other token is declined. The rates are for
`tok_ok`; chance comes from the seed and the key of the act, so the same day fails in the same way however its threads
run.

A payout to an account that begins with `closed` is refused for good, one that begins with `slow` is told by webhook.
"""

from __future__ import annotations

from random import Random
from typing import Annotated

import msgspec

from entrepot.kernel import DAY, HOUR, SECOND

OK = "tok_ok"
DECLINE = "tok_decline"
TIMEOUT = "tok_timeout"
SLOW = "tok_slow"
WEBHOOK_ONLY = "tok_webhook_only"
WEBHOOK_TWICE = "tok_webhook_twice"
WEBHOOK_LATE_REORDERED = "tok_webhook_late_reordered"
CHARGEBACK = "tok_chargeback"
CHARGEBACK_LOST = "tok_chargeback_lost"
TOKENS = (
    OK, DECLINE, TIMEOUT, SLOW, WEBHOOK_ONLY, WEBHOOK_TWICE, WEBHOOK_LATE_REORDERED, CHARGEBACK, CHARGEBACK_LOST,
)  # fmt: skip
CLOSED_ACCOUNT = "closed"
SLOW_ACCOUNT = "slow"

SLOW_BY = 5 * SECOND
LATE_BY = 60 * SECOND
CHARGEBACK_AFTER = HOUR
CHARGEBACK_ENDS_AFTER = DAY

PerMille = Annotated[int, msgspec.Meta(ge=0, le=1_000)]


class Faults(msgspec.Struct, frozen=True):
    """How often in a thousand, for each fault; `unreachable` and `timeout` befall every kind of act."""

    seed: int = 0
    unreachable: PerMille = 0
    timeout: PerMille = 0
    decline: PerMille = 0
    slow: PerMille = 0
    webhook_only: PerMille = 0
    webhook_twice: PerMille = 0
    webhook_late_reordered: PerMille = 0
    chargeback: PerMille = 0
    chargeback_lost: PerMille = 0
    refused: PerMille = 0
    """Payouts that are refused for good."""
    pending: PerMille = 0
    """Captures, refunds and payouts that are done a little later, and told by webhook."""

    def token(self, key: str) -> str:
        """What befalls a charge that was asked for with `tok_ok`."""
        rates = (
            (TIMEOUT, self.timeout),
            (DECLINE, self.decline),
            (SLOW, self.slow),
            (WEBHOOK_ONLY, self.webhook_only),
            (WEBHOOK_TWICE, self.webhook_twice),
            (WEBHOOK_LATE_REORDERED, self.webhook_late_reordered),
            (CHARGEBACK, self.chargeback),
            (CHARGEBACK_LOST, self.chargeback_lost),
        )
        drawn = self._draw("charge", key)
        for token, rate in rates:
            if drawn < rate:
                return token
            drawn -= rate
        return OK

    def never_arrives(self, kind: str, key: str) -> bool:
        """Whether the first sending of an act gets lost on the way."""
        return self._draw(f"unreachable {kind}", key) < self.unreachable

    def answer_lost(self, kind: str, key: str) -> bool:
        """Whether the answer to a capture, refund or payout gets lost."""
        return self._draw(f"timeout {kind}", key) < self.timeout

    def is_pending(self, kind: str, key: str) -> bool:
        """Whether a capture, refund or payout takes a while."""
        return self._draw(f"pending {kind}", key) < self.pending

    def is_refused(self, key: str) -> bool:
        """Whether a payout is refused for good."""
        return self._draw("refused", key) < self.refused

    def _draw(self, what: str, key: str) -> int:
        return Random(f"{self.seed} {what} {key}").randrange(1_000)
