"""The tabs that one process has open, and the calls that are on them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from ..admission import Admitted
from ..asks import Ask
from ..customers import Pace
from ..grounds import Bounds
from ..rating import PriceBook
from ..requests import Request, open_request
from ..settling import Ending
from ..tab_rows import Tab
from ..tabs import Closing, OnTab, Opened

Key = tuple[str, int]
"""A request and an attempt at it."""


class OpenTab:
    """One tab: what is left of it for more calls, and those that are under way on it."""

    def __init__(self, opened: Opened) -> None:
        self.tab: Tab = opened.tab
        self.bounds: Bounds = opened.bounds
        self.is_over = False
        """Nobody is let in on it any more."""
        self.under_way: dict[Key, tuple[Request, PriceBook]] = {}
        self._left = opened.tab.amount
        self._pace = opened.pace

    def take(self, ask: Ask, book: PriceBook, most: int, now: int) -> Admitted | None:
        """Let a call in that can cost at most so much; None when it does not fit, and the tab is over then."""
        tokens = sum(ask.limits.values())
        if self.is_over or most > self._left or not self._pace.calls or tokens > self._pace.tokens:
            self.is_over = True
            return None
        self._left -= most
        self._pace = Pace(self._pace.calls - 1, self._pace.tokens - tokens)
        row = open_request(ask, book, most, self.tab.budgets, self.tab.holder, now)
        self.under_way[ask.request, ask.attempt] = (msgspec.structs.replace(row, tab=self.tab.id), book)
        return Admitted(ask.request, ask.attempt, most, book, self.tab.budgets)

    def end(self, key: Key, price: int) -> None:
        """A call on it was settled: what it did not cost can be taken again."""
        request, _ = self.under_way.pop(key)
        self._left += request.held - price

    def closing(self) -> Closing:
        """What is wanted to close it now."""
        return Closing(self.tab, [request for request, _ in self.under_way.values()], self._pace)


class OpenTabs:
    """All of a process's. Used from its event loop only."""

    def __init__(self) -> None:
        self._tabs: dict[str, list[OpenTab]] = {}

    def add(self, opened: Opened) -> OpenTab:
        """Keep one that was opened."""
        tab = OpenTab(opened)
        self._tabs.setdefault(opened.tab.organisation, []).append(tab)
        return tab

    def remove(self, tab: OpenTab) -> None:
        """It is closed: its calls end by their own rows now."""
        rest = [each for each in self._tabs.get(tab.tab.organisation, ()) if each is not tab]
        if rest:
            self._tabs[tab.tab.organisation] = rest
        else:
            self._tabs.pop(tab.tab.organisation, None)

    def of(self, organisation: str) -> Sequence[OpenTab]:
        """An organisation's."""
        return self._tabs.get(organisation, ())

    def find(self, organisation: str, bounds: Bounds) -> OpenTab | None:
        """The one whose calls are counted by these bounds, where somebody may still be let in."""
        return next((each for each in self.of(organisation) if each.bounds == bounds and not each.is_over), None)

    def on_which(self, organisation: str, key: Key) -> OpenTab | None:
        """The tab that a call is on."""
        return next((each for each in self.of(organisation) if key in each.under_way), None)

    def on_tab(self, organisation: str, ending: Ending) -> OnTab | None:
        """A call on a tab, and how it ends; None when it is on none."""
        key = (ending.request, ending.attempt)
        tab = self.on_which(organisation, key)
        return None if tab is None else OnTab(*tab.under_way[key], ending)

    def all(self) -> Iterable[OpenTab]:
        """Every one."""
        return [each for those in self._tabs.values() for each in those]
