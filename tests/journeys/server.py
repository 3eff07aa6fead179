"""A real server process over a home, as `entrepot serve` starts it: stopped, killed and started again by tests."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.waiting import WAIT_S

QUIET = {
    "ENTREPOT_SERVE__RATE_LIMITS": "false",
    "ENTREPOT_DELIVER__SANDBOX_STEP_S": "0",
    "ENTREPOT_SERVE__STOP_S": "60",  # a machine may be busy with other tests
    # Where it is set, each of many servers would compile seven hundred modules anew: two seconds of every start.
    "PYTHONDONTWRITEBYTECODE": "",
}


def environment(**more: str) -> dict[str, str]:
    """What the program is to see: nothing of the settings of whoever runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ENTREPOT_")}
    return {**kept, **QUIET, **more}


def command(home: Path, *words: str) -> list[str]:
    """The command line of the program over a home."""
    return [sys.executable, "-m", "entrepot", "--home", str(home), *words]


def run(home: Path, environ: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """Run the program to its end."""
    return subprocess.run(
        command(home, *words), env=environment(**environ), capture_output=True, text=True, timeout=WAIT_S, check=False
    )


class Server:
    """A serving process. What it prints and logs is in `log`."""

    def __init__(self, home: Path, environ: Mapping[str, str], port: int = 0, workers: int = 1) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.home = home
        self.environ = dict(environ)
        self._log = home / f"serve-{time.time_ns()}.log"
        words = command(home, "serve", "--port", str(port), "--workers", str(workers))
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(words, env=environment(**environ), stdout=log, stderr=log)
        self.address = self._printed(r"at (http://\S+)")

    @property
    def log(self) -> str:
        """What was printed so far."""
        return self._log.read_text(errors="replace")

    def setup_path(self) -> str:
        """Where an empty home is set up, with the token that works once."""
        return self._printed(r"http://[^/\s]+(/operator/setup\S+)")

    def kill(self) -> None:
        """End it as a power cut would: kill -9."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """Ask it to stop, as a supervisor would; returns its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(WAIT_S)
            except subprocess.TimeoutExpired:
                self.kill()
                raise
        return self.process.returncode

    def _printed(self, pattern: str) -> str:
        until = time.monotonic() + WAIT_S
        while (found := re.search(pattern, self.log)) is None:
            ended = self.process.poll() is not None
            if ended or time.monotonic() > until:
                self.kill()
                raise AssertionError(f"the server {'ended' if ended else 'was not ready in time'}:\n{self.log}")
            time.sleep(0.05)
        return found[1]


@contextmanager
def serving(home: Path, environ: Mapping[str, str], port: int = 0, workers: int = 1) -> Iterator[Server]:
    """A server until the block ends."""
    server = Server(home, environ, port, workers)
    try:
        yield server
    except BaseException:
        print(server.log)
        raise
    finally:
        server.stop()
