"""What a model can do, as it was found out by loading it."""

from __future__ import annotations

import msgspec


class Capabilities(msgspec.Struct, frozen=True):
    """What a model can do, found out by loading it: how many tokens it can look at, whether it was made for
    conversations (has a template for them), and the length of its vectors."""

    context: int
    chat: bool = False
    completion: bool = False
    dimensions: int | None = None
    rerank: bool = False
