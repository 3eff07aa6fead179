"""What judges results in this process: the ranker that the database names, opened once, or the prior."""

from __future__ import annotations

import structlog

from entrepot.kernel import Blobs, Database, Refused

from .learned import find_used
from .prior import Prior, Scorer
from .ranker import Ranker

log = structlog.get_logger(__name__)


class Scorers:
    """Opens rankers as they are named. `current` is the last one that was asked for."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._database = database
        self._blobs = blobs
        self._named: tuple[str, str | None] = ("", None)
        self.current: Scorer = Prior()

    def of(self, encoder: str) -> Scorer:
        """What judges results beside this encoder; the prior where a ranker cannot be used, which is said once."""
        used = self._database.read_now(lambda snapshot: find_used(snapshot, "ranker", encoder))
        named = encoder, None if used is None else used.draft.sha256
        if named != self._named:
            self.current, self._named = self._open(named[1]), named
        return self.current

    def _open(self, sha256: str | None) -> Scorer:
        if sha256 is None:
            return Prior()
        try:
            ranker = Ranker.read(self._blobs.get(sha256))
            ranker.warm()
        except Refused as refusal:
            log.warning("the learned ranker cannot be used; results are ranked by the prior", reason=refusal.sentence)
            return Prior()
        return ranker
