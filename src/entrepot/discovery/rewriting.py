"""Better words for searches that serve people badly: proposed from what people asked next, kept only where they win.

Once a day a task looks at the latest signals:

1. a search after which nothing was chosen, and that the same session asked again in other words and then chose
   something from, proposes those words; so does what won before;
2. a proposal of SESSIONS_LEAST sessions is put to our own index: what was chosen in the end has to come earlier for the
   new words than for the old ones, by GAIN_LEAST, in the mean reciprocal rank of the first FIRST;
3. what wins is kept as a fact and searched from then on, told as "showing results for"; what no longer wins is dropped.

No language model is asked: who has one offers its rewrites to `winning` like any others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

import msgspec

from entrepot import signals
from entrepot.kernel import DAY, Scheduled, Snapshot, TaskKind, TaskRun, find_fact, write_fact
from entrepot.signals import SignalKind, Stored

from .text import query_words

REWRITE = "discovery.rewrite"
FACT = "discovery.rewrites"
SESSIONS_LEAST = 2
FIRST = 24
GAIN_LEAST = 0.1
KEPT_MAX, CHOSEN_MAX = 500, 20
READ_MAX = 5_000
LOOKED_AT_DAYS = 30
NEXT_WITHIN = DAY // 48
"""Half an hour later somebody looks for something else."""

Ranked = Callable[[str], Sequence[str]]
"""The ids of the first products that a search finds, as it is without rewrites."""


class Rewrite(msgspec.Struct, frozen=True):
    """A search as it was typed, what is searched instead, how many sessions went that way, the mean reciprocal rank of
    what they chose, before and after, and what that was."""

    query: str
    better: str
    sessions: int
    before: float
    after: float
    chosen: tuple[str, ...] = ()


class Proposal(msgspec.Struct, frozen=True):
    """Other words for a search, how many sessions went that way, and the products they chose in the end."""

    query: str
    better: str
    sessions: int
    chosen: frozenset[str]


class RewriteSearches(msgspec.Struct, frozen=True):
    """The body of the task: there is nothing to say."""


def key_of(query: str) -> str:
    """What two spellings of one search share."""
    return " ".join(query_words(query))


def propose(rows: Iterable[Stored]) -> list[Proposal]:
    """The ways that sessions went from a search that gave nothing to one that did."""
    found: dict[tuple[str, str], tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for session, went in _by_session(rows).items():
        for query, better, chosen in _ways(went):
            sessions, products = found[query, better]
            sessions.add(session)
            products.update(chosen)
    return [Proposal(*ways, len(who), frozenset(what)) for ways, (who, what) in sorted(found.items())]


def winning(proposals: Iterable[Proposal], ranked: Ranked) -> list[Rewrite]:
    """Those that bring what was chosen nearer to the top of our own index; of several for one search, the best."""
    best: dict[str, Rewrite] = {}
    for each in proposals:
        if each.sessions < SESSIONS_LEAST:
            continue
        before, after = (_rank(ranked(words), each.chosen) for words in (each.query, each.better))
        if after < before + GAIN_LEAST:
            continue
        chosen = tuple(sorted(each.chosen)[:CHOSEN_MAX])
        rewrite = Rewrite(each.query, each.better, each.sessions, round(before, 4), round(after, 4), chosen)
        key = key_of(each.query)
        if key not in best or (rewrite.after, rewrite.sessions) > (best[key].after, best[key].sessions):
            best[key] = rewrite
    kept = sorted(best.values(), key=lambda each: (-each.sessions, each.query))[:KEPT_MAX]
    targets = {key_of(each.better) for each in kept}
    return [each for each in kept if key_of(each.query) not in targets]  # none leads to another


def list_rewrites(snapshot: Snapshot) -> list[Rewrite]:
    """What is searched instead of what, as of the last round."""
    return msgspec.convert(find_fact(snapshot, FACT) or [], list[Rewrite])


def rewrite_task(ranked: Ranked) -> TaskKind[RewriteSearches]:
    """The kind of task that looks for them."""

    def act(run: TaskRun, body: RewriteSearches) -> None:
        since = run.database.clock.now() - LOOKED_AT_DAYS * DAY
        before = run.database.read_now(list_rewrites)
        old = [Proposal(each.query, each.better, each.sessions, frozenset(each.chosen)) for each in before]
        kept = winning([*old, *propose(_latest(run, since))], ranked)
        run.settle(lambda tx: write_fact(tx, FACT, msgspec.to_builtins(kept)))

    return TaskKind(REWRITE, RewriteSearches, act, slow=True)


SCHEDULE = (Scheduled(REWRITE, RewriteSearches(), 86_400),)


def _latest(run: TaskRun, since: int) -> Iterator[Stored]:
    after = 0
    while rows := run.database.read_now(lambda snapshot: signals.list_signals(snapshot, after, READ_MAX)):  # noqa: B023
        yield from (row for row in rows if row.signal.at >= since)
        after = rows[-1].number
        if run.closing:
            return


def _by_session(rows: Iterable[Stored]) -> Mapping[str, list[Stored]]:
    sessions: dict[str, list[Stored]] = defaultdict(list)
    for row in rows:
        if row.signal.kind in (SignalKind.SEARCH, SignalKind.CLICK, SignalKind.CART, SignalKind.ORDER):
            sessions[row.signal.session].append(row)
    return sessions


def _ways(went: Sequence[Stored]) -> Iterator[tuple[str, str, set[str]]]:
    """From a search without a choice to the next one with choices, and what was chosen."""
    searches: list[tuple[str, int, set[str]]] = []
    for row in went:
        signal = row.signal
        if signal.kind == SignalKind.SEARCH and signal.query:
            searches.append((signal.query, signal.at, set()))
        elif searches and signal.product_id:
            searches[-1][2].add(signal.product_id)
    for (query, at, chosen), (better, then, next_chosen) in pairwise(searches):
        if not chosen and next_chosen and then - at <= NEXT_WITHIN and key_of(query) != key_of(better):
            yield query, better, next_chosen


def _rank(ids: Sequence[str], chosen: frozenset[str]) -> float:
    """The mean reciprocal rank of what was chosen; what is not among the first counts nothing."""
    places = {each: place for place, each in enumerate(ids[:FIRST], 1)}
    return sum(1 / places[each] for each in chosen if each in places) / len(chosen) if chosen else 0.0
