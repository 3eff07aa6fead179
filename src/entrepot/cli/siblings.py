"""Further processes that serve on the same port as the first: the system shares the connections out among them."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Mapping, Sequence

import structlog

from entrepot.kernel import Deadline

AGAIN_S = 1.0
"""After so long another follows one that ended, so that one that cannot start does not keep a processor busy."""

log = structlog.get_logger(__name__)


class Sibling:
    """A process that runs until it is let go; should it end before, another follows it.

    It is to end when its standard input does: that is how it is let go, and it holds when this process is killed, too.
    """

    def __init__(self, words: Sequence[str], environ: Mapping[str, str]) -> None:
        self._words = list(words)
        self._environ = dict(environ)
        self._lock = threading.Lock()
        self._let_go = threading.Event()
        self._process = self._start()
        threading.Thread(target=self._follow, name="entrepot-sibling", daemon=True).start()

    @property
    def process_id(self) -> int:
        """The process that runs now, or ended last."""
        return self._process.pid

    def let_go(self) -> None:
        """Have it stop, and none follow it."""
        with self._lock:
            self._let_go.set()
            assert self._process.stdin is not None
            self._process.stdin.close()

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    def wait(self, deadline: Deadline) -> None:
        """Wait for the end of one that was let go; one that does not end in time is killed."""
        try:
            self._process.wait(timeout=deadline.left_s)
        except subprocess.TimeoutExpired:
            self.kill()
            self._process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._words, env=self._environ, stdin=subprocess.PIPE)

    def _follow(self) -> None:
        while True:
            status = self._process.wait()
            if self._let_go.is_set():
                return
            log.error("a serving process ended: another is started", process_id=self.process_id, status=status)
            if self._let_go.wait(AGAIN_S):
                return
            with self._lock:
                if self._let_go.is_set():
                    return
                assert self._process.stdin is not None
                self._process.stdin.close()
                self._process = self._start()
