"""The model that is always there: the shop's own static embeddings, for everybody."""

from __future__ import annotations

from entrepot.identity import Scope
from entrepot.kernel import Tx

from .capabilities import Capabilities
from .embedding import DIMENSIONS, MODEL, TOKENS_MAX
from .flushing import Standard
from .licences import Licence
from .pricing import add_price_book
from .publishing import publish_model
from .rating import HALF_BPS
from .registry import ModelDraft, add_model, list_versions

CARD = "A vector of 256 dimensions for each text: the mean of its tokens' vectors. Quick, small, English first."
NANO = {"embedding_tokens": 10_000_000, "rerank_tokens": 10_000_000}
"""A hundredth of the home currency for a million tokens."""


STANDARD: Standard = {**NANO, "cpu_ms": 40_000_000, "gpu_ms": 2_000_000_000}
"""What the shop pays for models of its own that nobody has set prices for: 0.04 for an hour of a core, 2 of a GPU."""


def ensure_builtin(tx: Tx) -> None:
    """Register the static model, once. One that the operator has withdrawn stays so."""
    if not list_versions(tx, MODEL):
        draft = ModelDraft(MODEL, "embedding", "static", Licence("MIT"), card=CARD, source="wordllama", listed=False)
        model = add_model(tx, Scope.system(), draft, Capabilities(context=TOKENS_MAX, dimensions=DIMENSIONS))
        add_price_book(tx, MODEL, NANO, batch_bps=HALF_BPS)
        publish_model(tx, Scope.system(), model.id)
