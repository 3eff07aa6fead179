"""Further serving processes: one that ends is followed by another, one that was let go by none."""

import os
import signal
import sys
import threading
from collections.abc import Iterator

import pytest

from entrepot.cli import siblings
from entrepot.cli.siblings import Sibling
from entrepot.kernel import NEVER
from tests.waiting import eventually

UNTIL_LET_GO = [sys.executable, "-c", "import sys; sys.stdin.read()"]


@pytest.fixture
def sibling(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sibling]:
    """One that is followed without a pause."""
    monkeypatch.setattr(siblings, "AGAIN_S", 0.0)
    one = Sibling(UNTIL_LET_GO, os.environ)
    yield one
    one.let_go()
    one.wait(NEVER)


def test_one_that_was_killed_is_followed_by_another(sibling: Sibling) -> None:
    for _ in range(2):
        before = sibling.process_id
        os.kill(before, signal.SIGKILL)
        eventually(lambda: sibling.process_id != before)  # noqa: B023


def test_one_that_was_let_go_ends_and_none_follows(sibling: Sibling) -> None:
    before = sibling.process_id
    sibling.let_go()
    sibling.wait(NEVER)
    eventually(lambda: all(each.name != "entrepot-sibling" for each in threading.enumerate()))
    assert sibling.process_id == before
    with pytest.raises(ProcessLookupError):
        os.kill(before, 0)
