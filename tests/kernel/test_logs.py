"""The log: one line an event, whoever wrote it."""

import json
import logging

import pytest

from entrepot.kernel import configure_logs


def test_what_a_library_warns_of_is_a_line_like_any_other(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        configure_logs("INFO", as_json=True)
    try:
        raise ValueError("first\nsecond")
    except ValueError:
        logging.getLogger("some.library").exception("%s went\nwrong", "It")
    logging.getLogger("some.library").info("nothing of note")
    (line,) = capsys.readouterr().err.splitlines()
    told = json.loads(line)
    assert (told["event"], told["level"], told["logger"]) == ("It went\nwrong", "error", "some.library")
    assert "ValueError" in told["exception"]
