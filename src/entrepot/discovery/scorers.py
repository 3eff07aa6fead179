"""What judges results in this process: the ranker that the database names, opened once, or the prior."""

from __future__ import annotations

import structlog

from entrepot.kernel import Blobs, Database, Refused

from .learned import find_used
from .prior import Prior, Scorer
from .ranker import Ranker

log = structlog.get_logger(__name__)


class Scorers:
    """Opens what was learned as it is named; without blobs nothing learned is used. `current` judges results."""

    def __init__(self, database: Database, blobs: Blobs | None) -> None:
        self._database = database
        self._blobs = blobs
        self._named: tuple[str, str | None] = ("", None)
        self.current: Scorer = Prior()

    def of(self, encoder: str) -> Scorer:
        """What judges results beside this encoder; the prior where a ranker cannot be used, which is said once."""
        if self._blobs is None:
            return self.current
        used = self._database.read_now(lambda snapshot: find_used(snapshot, "ranker", encoder))
        named = encoder, None if used is None else used.draft.sha256
        if named != self._named:
            self.current, self._named = self._open(named[1]), named
        return self.current

    def tuning_name(self, encoder: str) -> str:
        """The blob of the weights that an encoder is to have; empty where it has none."""
        if self._blobs is None:
            return ""
        used = self._database.read_now(lambda snapshot: find_used(snapshot, "encoder", encoder))
        return "" if used is None else used.draft.sha256

    def tuning(self, encoder: str) -> tuple[str, bytes] | None:
        """The same with its content."""
        name = self.tuning_name(encoder)
        return (name, self._blobs.get(name)) if name and self._blobs is not None else None

    def _open(self, sha256: str | None) -> Scorer:
        if sha256 is None or self._blobs is None:
            return Prior()
        try:
            ranker = Ranker.read(self._blobs.get(sha256))
            ranker.warm()
        except Refused as refusal:
            log.warning("the learned ranker cannot be used; results are ranked by the prior", reason=refusal.sentence)
            return Prior()
        return ranker
