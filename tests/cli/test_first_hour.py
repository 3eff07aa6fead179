"""What those who slip are told: about a wrong home, an empty one, one of another version, a file that is no backup."""

from __future__ import annotations

import shutil
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from entrepot import app
from entrepot.cli import COMMANDS, main

IN_A_HOME = (
    "backup x.tar", "bill replay", "doctor", "export x.jsonl", "import feed.jsonl", "keys list a", "models list",
    "reindex", "taxonomy merged", "train ranker --list", "usage", "verify",
)  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("made") / "home"
    app.open_home(home).close()
    return home


def run(home: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["--home", str(home), *words])


@pytest.mark.parametrize("words", IN_A_HOME)
def test_a_slip_in_the_name_of_a_home_makes_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("feed.jsonl").write_text('{"id": "1"}\n')
    done = run(tmp_path / "hom", *words.split())
    assert (done.exit_code, done.exception.__class__) == (1, SystemExit), done.output
    assert "There is no home" in done.output
    assert [each.name for each in tmp_path.iterdir()] == ["feed.jsonl"]


@pytest.mark.parametrize("words", ["verify", "usage", "backup x.tar"])
def test_an_empty_database_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "entrepot.db").touch()
    done = run(tmp_path, *words.split())
    assert (done.exit_code, done.output) == (1, "This database is empty: `entrepot serve` makes a market of it\n")


def test_the_database_of_another_version_is_backed_up_and_nothing_else(made: Path, tmp_path: Path) -> None:
    home = shutil.copytree(made, tmp_path / "home")
    with closing(sqlite3.connect(home / "entrepot.db")) as rows:
        rows.execute("UPDATE alembic_version SET version_num = 'another'")
        rows.commit()
    for words in ("verify", "usage", "keys list a", "serve --port 0"):
        done = run(home, *words.split())
        assert done.exit_code == 1
        assert "made by another version" in done.output, done.output
    assert run(home, "backup", str(tmp_path / "b.tar")).exit_code == 0


def test_a_file_that_is_no_archive_is_refused_in_one_line(tmp_path: Path) -> None:
    for name, content in (("a.tar.gz", b"nothing"), ("b.tar.xz", b""), ("c.tar", bytes(700))):
        (tmp_path / name).write_bytes(content)
        done = run(tmp_path / "home", "restore", str(tmp_path / name))
        assert (done.exit_code, done.output.count("\n")) == (1, 1), done.output
        assert "is no whole backup" in done.output
    assert not (tmp_path / "home").exists()


def test_a_new_home_is_its_owners_alone(made: Path, tmp_path: Path) -> None:
    assert made.stat().st_mode & 0o077 == 0
    assert run(made, "backup", str(tmp_path / "b.tar")).exit_code == 0
    with tarfile.open(tmp_path / "b.tar") as archive:
        assert "secret.key" in archive.getnames()
    assert (tmp_path / "b.tar").stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run(tmp_path / "file" / "home", "demo", "--no-serve")
    assert (done.exit_code, done.exception.__class__) == (1, SystemExit)
    assert f"{tmp_path / 'file' / 'home'}" in done.output.splitlines()[-1]


def test_settings_stand_as_they_are_written_and_secrets_do_not(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENTREPOT_PAY__STRIPE_KEY", "sk_test_hidden")
    monkeypatch.setenv("ENTREPOT_SERVE__ALLOWED_HOSTS", '["shop.example"]')
    told = run(made, "settings", "--set").output
    assert 'serve.allowed_hosts = ["shop.example"]' in told
    assert 'pay.stripe_key = "(set)"' in told
    assert "hidden" not in told
    assert "serve.port" not in told
    assert "serve.port = 8000" in run(made, "settings").output


def test_every_command_is_told_in_one_line() -> None:
    shown = CliRunner().invoke(main, ["--help"], terminal_width=80).output
    lines = [line for line in shown.partition("Commands:\n")[2].splitlines() if line]
    assert [line.split()[0] for line in lines] == list(COMMANDS)
    assert [line for line in lines if line.endswith("...")] == []
