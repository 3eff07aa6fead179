"""Stopping a process: a signal in the middle of anything, and an end that comes in time whatever hangs."""

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from entrepot.kernel import NEVER, Deadline, Unavailable
from tests.waiting import WAIT_S

PROCESS = """
import os, sys, time
import structlog
from entrepot.kernel.logs import configure_logs
from entrepot.kernel.stopping import Stop

configure_logs("INFO", as_json=True)
log = structlog.get_logger()
stop = Stop(float(sys.argv[1]), lambda: os.write(1, b"broken off\\n"))
stop.told.append(lambda: os.write(1, b"told\\n"))
with stop.listening():
    os.write(1, b"ready\\n")
    while not stop.is_asked:
        log.info("x" * 500) if sys.argv[2] == "logs" else time.sleep(0.01)
    while sys.argv[2] == "hangs":
        time.sleep(60)
os.write(1, b"over\\n")
"""

Start = Callable[[float, str], "subprocess.Popen[bytes]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a process that stops within so many seconds, and `logs` all the time or `hangs` when asked to stop."""
    running: list[subprocess.Popen[bytes]] = []

    def run(limit_s: float, does: str) -> subprocess.Popen[bytes]:
        words = [sys.executable, "-c", PROCESS, str(limit_s), does]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)
        running.append(process)
        assert line(process) == "ready"
        return process

    yield run
    for process in running:
        process.kill()
        process.communicate()


def line(process: "subprocess.Popen[bytes]") -> str:
    """The next line that a process prints."""
    assert process.stdout is not None
    ready = select.poll()  # which takes any descriptor, where select() takes those below 1,024
    ready.register(process.stdout, select.POLLIN)
    assert ready.poll(WAIT_S * 1_000), "it prints nothing"
    return process.stdout.readline().decode().strip()


def test_a_signal_that_comes_while_a_line_is_written_to_the_log_is_heard(start: Start) -> None:
    """The main thread stands in the middle of a write, with the log's lock, because nobody reads the log."""
    process = start(WAIT_S, "logs")
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    assert line(process) == "told"
    out, _ = process.communicate(timeout=WAIT_S)
    assert out == b"over\n"
    assert process.returncode == 0


def test_what_hangs_is_broken_off_and_then_ended_with_a_sentence(start: Start) -> None:
    process = start(0.4, "hangs")
    process.send_signal(signal.SIGTERM)
    out, log = process.communicate(timeout=WAIT_S)
    assert out == b"told\nbroken off\n"
    assert process.returncode == 1
    assert b"not everything could be finished in 0.4 s" in log
    assert b"durable" in log


def test_a_second_ctrl_c_ends_at_once_and_a_second_sigterm_does_not(start: Start) -> None:
    process = start(10 * WAIT_S, "hangs")
    for _ in range(2):
        process.send_signal(signal.SIGTERM)
        time.sleep(0.6)
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=WAIT_S) == 1
    assert b"ended at once" in process.communicate()[1]


def test_a_log_that_nobody_reads_does_not_keep_the_process(start: Start) -> None:
    process = start(0.4, "logs")
    os.set_blocking(process.stderr.fileno(), False)  # type: ignore[union-attr]
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=WAIT_S)
    assert process.returncode == 1


def test_a_deadline_tells_what_is_left() -> None:
    assert NEVER.left_s is None
    assert NEVER.share(0.5).left_s is None
    deadline = Deadline(1_000)
    assert 900 < (deadline.left_s or 0) <= 1_000
    assert 400 < (deadline.share(0.5).left_s or 0) <= 500
    assert Deadline(-1).left_s == 0


def test_what_does_not_end_in_time_is_refused_with_its_sentence() -> None:
    going = threading.Event()
    thread = threading.Thread(target=going.wait, daemon=True)
    NEVER.require(thread, "never started")
    thread.start()
    with pytest.raises(Unavailable, match="still at work"):
        Deadline(0.05).require(thread, "still at work")
    assert not Deadline(0.05).finish(going.wait)
    going.set()
    Deadline(5).require(thread, "still at work")
    assert Deadline(5).finish(going.wait)
