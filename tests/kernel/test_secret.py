"""A secret is never shown: not printed, not formatted, not logged, not stored as JSON, not pickled."""

import json
import pickle

import pytest
import structlog

from entrepot.kernel import Secret, configure_logs, to_json

TEXT = "hunter2"


def test_a_secret_is_not_shown() -> None:
    secret = Secret(TEXT)
    shown = [
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret!r:>40}",
        "{}".format(secret),  # noqa: UP032
        repr([secret]),
        repr({"k": secret}),
    ]
    assert not any(TEXT in text for text in shown)
    assert secret.reveal() == TEXT


def test_a_secret_is_not_written_out() -> None:
    with pytest.raises(TypeError):
        to_json({"password": Secret(TEXT)})
    with pytest.raises(TypeError):
        pickle.dumps(Secret(TEXT))


def test_secrets_compare_by_what_they_hold_whatever_it_is() -> None:
    assert Secret(TEXT) == Secret(TEXT)
    assert Secret(TEXT) != TEXT
    assert Secret(TEXT).matches(TEXT)
    assert not Secret(TEXT).matches("hunter3")
    assert not Secret(TEXT).matches("\ud800")
    assert not Secret("")


@pytest.mark.parametrize("as_json", [True, False])
def test_a_logged_traceback_names_no_local_variable(capsys: pytest.CaptureFixture[str], as_json: bool) -> None:
    configure_logs("INFO", as_json)

    def sign_in(password: str) -> None:
        raise ValueError("broken")

    try:
        sign_in(Secret(TEXT).reveal())
    except ValueError:
        structlog.get_logger().exception("a request failed", token=Secret(TEXT))
    text = capsys.readouterr().err
    assert "ValueError: broken" in text
    assert "sign_in" in text
    assert TEXT not in text
    if as_json:
        assert json.loads(text)["event"] == "a request failed"
