"""The index that is being served: one name for whichever generation is current, so that nobody is told of a switch."""

from __future__ import annotations

from .base import Completion, Index, IndexPage, IndexQuery
from .plain import PlainIndex


class ServedIndex:
    """The reading half of `base.Index`. A search under way ends on the index it began with."""

    def __init__(self) -> None:
        self.current: Index = PlainIndex()

    def search(self, query: IndexQuery) -> IndexPage:
        """See `base.Index`."""
        return self.current.search(query)

    def list_ids(self, query: IndexQuery) -> tuple[list[str], str | None]:
        """See `base.Index`."""
        return self.current.list_ids(query)

    def suggest(self, prefix: str, most: int) -> list[Completion]:
        """See `base.Index`."""
        return self.current.suggest(prefix, most)

    def count(self) -> int:
        """See `base.Index`."""
        return self.current.count()

    def label(self, name: str, value: str) -> str:
        """See `base.Index`."""
        return self.current.label(name, value)
