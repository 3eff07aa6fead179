"""The gate: what was learned replaces what serves only when it is better on queries that it was not trained on.

A candidate passes when

1. its mean gain over queries is positive with its whole 95 % interval above -TOLERATED_LOSS, and at least GAIN_LEAST;
2. it makes at most WORSE_MAX of the queries worse by more than TOLERANCE;
3. a shopper's first page (`whole`) does not get worse by more than WHOLE_LOSS_MAX on average.
"""

from __future__ import annotations

import msgspec

from .evaluation import Compared

GAIN_LEAST = 0.002
TOLERATED_LOSS = 0.003
"""Ratings by chance teach rankers that seem to gain some thousandths; their intervals reach further below nothing."""
TOLERANCE = 0.01
WORSE_MAX = 0.35
WHOLE_LOSS_MAX = 0.02
QUERIES_LEAST = 10


class Decision(msgspec.Struct, frozen=True):
    """Whether a candidate passed, and the sentence that says why or why not."""

    passed: bool
    reason: str


def decide(rerank: Compared, whole: Compared, queries: int) -> Decision:
    """Decide by the comparison with what serves, under both protocols, over so many queries not trained on."""
    if queries < QUERIES_LEAST:
        return Decision(False, f"{queries} rated queries are too few to tell: rate at least {QUERIES_LEAST}")
    gain = f"{rerank.difference:+.3f} ({rerank.low:+.3f} to {rerank.high:+.3f})"
    if rerank.difference < GAIN_LEAST:
        return Decision(False, f"it gains {gain}, less than {GAIN_LEAST}")
    if rerank.low < -TOLERATED_LOSS:
        return Decision(False, f"its gain of {gain} may as well be a loss: more rated queries would tell")
    if rerank.worse > WORSE_MAX:
        return Decision(False, f"it gains {gain} but makes {rerank.worse:.0%} of the queries worse")
    if whole.difference < -WHOLE_LOSS_MAX:
        return Decision(False, f"it gains {gain} but first pages get worse by {-whole.difference:.3f}")
    return Decision(True, f"it gains {gain} and makes {rerank.worse:.0%} of the queries worse")
