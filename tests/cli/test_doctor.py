"""`entrepot doctor` says what is wrong, and by its exit status whether it can wait."""

from __future__ import annotations

import http.server
import os
import shutil
import threading
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from entrepot import app, identity
from entrepot.cli import examining, main
from entrepot.kernel import tables
from entrepot.kernel.sql import prepare
from tests.waiting import WAIT_S

Usage = namedtuple("Usage", "total used free")


class Ready(http.server.BaseHTTPRequestHandler):
    """Answers /readyz as a market does that answers to one host name."""

    def do_GET(self) -> None:
        self.send_response(200 if (self.path, self.headers["host"]) == ("/readyz", "shop.example") else 421)
        self.end_headers()

    def log_message(self, *words: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("made") / "home"
    app.open_home(home).close()
    return home


@pytest.fixture
def home(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    shutil.copytree(made, tmp_path / "home")
    server = http.server.HTTPServer(("127.0.0.1", 0), Ready)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setattr(examining, "ANSWER_S_MAX", WAIT_S)
    monkeypatch.setenv("ENTREPOT_SERVE__PORT", str(server.server_port))
    monkeypatch.setenv("ENTREPOT_SERVE__ALLOWED_HOSTS", '["shop.example"]')
    yield tmp_path / "home"
    server.shutdown()
    thread.join()
    server.server_close()


def told(home: Path) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["--home", str(home), "doctor"])
    return done.exit_code, done.output


def test_a_market_that_is_well(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(1 << 40, 0, 9 << 30))
    status, said = told(home)
    assert status == 0, said
    assert {line[0] for line in said.splitlines()} == {"✓"}


def test_a_server_that_does_not_answer_or_is_another(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENTREPOT_SERVE__ALLOWED_HOSTS", '["other.example"]')
    assert told(home)[0] == 1
    assert "answers 421" in told(home)[1]
    monkeypatch.setenv("ENTREPOT_SERVE__PORT", "1")
    assert "start `entrepot serve`" in told(home)[1]


@pytest.mark.parametrize(("free", "status", "mark"), [(1 << 20, 1, "✗"), (2 << 30, 0, "!"), (9 << 30, 0, "✓")])
def test_the_disk(home: Path, monkeypatch: pytest.MonkeyPatch, free: int, status: int, mark: str) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(1 << 40, 0, free))
    assert told(home)[0] == status
    assert f"{mark} disk" in told(home)[1]


def test_files_that_others_read(home: Path) -> None:
    os.chmod(home, 0o755)
    (home / "secret.key").chmod(0o644)
    assert "! files      anybody on this machine can read secret.key" in told(home)[1]


def test_work_that_waits(home: Path) -> None:
    with app.opened(home) as entrepot:
        entrepot.database.write_now(lambda tx: tx.announce(identity.PersonSignedUp("usr_1")))
    assert told(home)[0] == 0
    with app.opened(home) as entrepot:
        hour_ago = entrepot.database.clock.now() - 3_600_000_000
        entrepot.database.write_now(lambda tx: tx.run(prepare(tables.events.update().values(announced_at=hour_ago))))
    status, said = told(home)
    assert (status, "the server does not keep up" in said) == (1, True), said


def test_what_is_for_trying_only_in_a_market_with_an_address(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENTREPOT_SERVE__PUBLIC_URL", "http://shop.example")
    status, said = told(home)
    assert status == 0
    for words in ("is not https", "nobody gets their mails", "goods can be bought without money"):
        assert words in said
    assert "allowed_hosts" not in said


def test_a_mail_server_that_does_not_answer(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENTREPOT_IDENTITY__MAILER", "smtp")
    monkeypatch.setenv("ENTREPOT_IDENTITY__SMTP_PORT", "1")
    status, said = told(home)
    assert (status, "✗ mail       127.0.0.1:1 does not answer" in said) == (1, True), said


def test_a_database_that_does_not_answer(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENTREPOT_DATABASE_URL", "postgresql://postgres@127.0.0.1:1/none")
    status, said = told(home)
    assert (status, "✗ database" in said) == (1, True), said


def test_a_wrong_setting_is_named(home: Path) -> None:
    (home / "entrepot.toml").write_text("[serve]\nprot = 1\n")
    status, said = told(home)
    assert (status, "✗ settings" in said, "serve.prot" in said) == (1, True, True), said
