"""The most that a call can use of a model: what admission holds for."""

from __future__ import annotations

from collections.abc import Sequence

from .base import Generation, Overlong, Unable
from .pool import Loaded


async def limits_of(loaded: Loaded, work: Generation) -> dict[str, int]:
    """The most that a call can use; Unable when it does not fit the model."""
    known = await loaded.engine.capabilities()
    name = loaded.model.name
    if not (known.chat or known.completion):
        raise Unable(f"{name} writes nothing. It makes vectors: use /v1/embeddings", "model")
    if work.prompt is None and not known.chat:
        raise Unable(f"{name} was not made for conversations: it has no chat template. Use /v1/completions", "model")
    tokens, most = await loaded.engine.count(work), work.output_tokens_max
    if loaded.engine.counts_exactly and work.may_shrink:
        most = max(min(most, known.context - tokens), 1)
    if loaded.engine.counts_exactly and tokens + most > known.context:
        raise Overlong(
            f"This input has {tokens:,} tokens and {most:,} may be written; {loaded.model.name} can "
            f"look at {known.context:,} together: shorten it, or lower max_tokens",
            "messages" if work.prompt is None else "prompt",
        )
    return {"input_tokens": tokens, "cached_input_tokens": tokens, "output_tokens": most}


def bytes_of(texts: Sequence[str]) -> int:
    """No tokeniser makes more tokens than a text has bytes, but for two marks around it."""
    return sum(len(text.encode()) + 2 for text in texts)
