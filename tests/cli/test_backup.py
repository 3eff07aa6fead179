"""`entrepot backup` and `restore`: what was there is there again, and what is not whole is refused with a sentence."""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from entrepot import identity
from entrepot.app import open_home
from entrepot.cli import main
from entrepot.identity import SignUp
from entrepot.kernel import Blobs, Tx, sqlite_url
from entrepot.migrations import schema
from tests.fixtures import begin

PICTURE = b"a picture" * 1_000


def run(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--home", str(home), *arguments])


def furnish(home: Path) -> None:
    """A home in which something happened."""
    begin(home)
    (home / "entrepot.toml").write_text("[serve]\nport = 8123\n", encoding="utf-8")
    with closing(open_home(home)) as entrepot:
        entrepot.database.write_now(lambda tx: somebody(tx, 0))
        entrepot.blobs.put(PICTURE)
    (home / "index" / "1").mkdir(parents=True)
    (home / "index" / "1" / "segment").write_bytes(b"made anew")


def somebody(tx: Tx, number: int) -> None:
    identity.sign_up(tx, SignUp(f"p{number}@example.com", "no password", f"Person {number}"))


def rows(url: str) -> dict[str, list[Any]]:
    """Every row of every table."""
    from entrepot.migrations.everything import METADATA

    with schema._connect(url) as connection:
        return {
            name: sorted(map(repr, connection.execute(text(f'SELECT * FROM "{name}"')))) for name in METADATA.tables
        }


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("ENTREPOT_DATABASE_URL", raising=False)
    furnish(tmp_path / "home")
    return tmp_path / "home"


@pytest.mark.parametrize("name", ["market.tar", "market.tar.gz"])
def test_what_was_there_is_there_again(home: Path, tmp_path: Path, name: str) -> None:
    saved = run(home, "backup", str(tmp_path / name))
    assert saved.exit_code == 0, saved.output
    assert (tmp_path / name).stat().st_mode & 0o077 == 0  # it holds the key
    back = tmp_path / "back"
    restored = run(back, "restore", str(tmp_path / name))
    assert restored.exit_code == 0, restored.output
    assert "ledger" in restored.output  # the proofs
    was, is_now = rows(sqlite_url(home / "entrepot.db")), rows(sqlite_url(back / "entrepot.db"))
    assert was == is_now
    assert was["identity_users"]
    assert Blobs(back / "blobs").get(hashlib.sha256(PICTURE).hexdigest()) == PICTURE
    for file in ("secret.key", "entrepot.toml"):
        assert (back / file).read_bytes() == (home / file).read_bytes()
    assert not [each for each in back.iterdir() if each.is_dir() and each.stat().st_mode & 0o077]
    assert sorted(tmp_path.iterdir()) == sorted([home, back, tmp_path / name])  # nothing lies about
    with tarfile.open(tmp_path / name) as archive:
        assert not [each for each in archive.getnames() if each.startswith(("index", "entrepot.db"))]


@pytest.mark.postgres
def test_a_market_on_postgresql_comes_back_into_an_empty_database(
    tmp_path: Path, postgres_url: str, fresh_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, back, file = tmp_path / "home", tmp_path / "back", str(tmp_path / "market.tar")
    monkeypatch.setenv("ENTREPOT_DATABASE_URL", postgres_url)
    furnish(home)
    (home / "entrepot.db").unlink()
    assert run(home, "backup", file).exit_code == 0
    refused = run(back, "restore", file)
    assert refused.exit_code == 1
    assert "has tables already" in refused.output
    monkeypatch.setenv("ENTREPOT_DATABASE_URL", fresh_postgres_url)
    restored = run(back, "restore", file)
    assert restored.exit_code == 0, restored.output
    assert rows(postgres_url) == rows(fresh_postgres_url)
    monkeypatch.delenv("ENTREPOT_DATABASE_URL")
    assert "of the kind postgresql" in run(tmp_path / "other", "restore", file).output


def test_a_backup_beside_writers_holds_whole_commands(home: Path, tmp_path: Path) -> None:
    ended = threading.Event()

    def write() -> None:
        with closing(open_home(home)) as entrepot:
            number = 0
            while not ended.is_set():
                number += 1
                entrepot.database.write_now(partial(somebody, number=number))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        saved = [run(home, "backup", str(tmp_path / f"{number}.tar")) for number in range(3)]
    finally:
        ended.set()
        writer.join()
    assert [each.exit_code for each in saved] == [0, 0, 0], saved[0].output
    restored = run(tmp_path / "back", "restore", str(tmp_path / "2.tar"))
    assert restored.exit_code == 0, restored.output
    back = rows(sqlite_url(tmp_path / "back" / "entrepot.db"))
    assert len(back["identity_users"]) == len(back["kernel_events"]) > 0


def test_a_file_that_was_damaged_is_named(home: Path, tmp_path: Path) -> None:
    sha256 = hashlib.sha256(PICTURE).hexdigest()
    path = home / "blobs" / sha256[:2] / sha256[2:]
    path.write_bytes(PICTURE[:-1] + b"!")
    saved = run(home, "backup", str(tmp_path / "market.tar"))
    assert saved.exit_code == 1
    assert f"blobs/{sha256[:2]}/{sha256[2:]}" in saved.output
    restored = run(tmp_path / "back", "restore", str(tmp_path / "market.tar"))
    assert "is not what its name says" in restored.output


@pytest.mark.parametrize("name", ["market.tar", "market.tar.gz"])
def test_a_backup_that_ends_early_is_refused(home: Path, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    run(home, "backup", str(path))
    whole = path.read_bytes()
    for share in (0.0, 0.3, 0.9, 0.98):
        path.write_bytes(whole[: int(len(whole.rstrip(b"\0")) * share)])
        refused = run(tmp_path / "back", "restore", str(path))
        assert refused.exit_code == 1
        assert "is no whole backup" in refused.output
        assert not (tmp_path / "back" / "entrepot.db").exists()


def test_nothing_is_written_over(home: Path, tmp_path: Path) -> None:
    run(home, "backup", str(tmp_path / "market.tar"))
    before = (home / "entrepot.db").read_bytes()
    refused = run(home, "restore", str(tmp_path / "market.tar"))
    assert refused.exit_code == 1
    assert "is not empty" in refused.output
    assert (home / "entrepot.db").read_bytes() == before


def test_settings_of_the_new_place_stay(home: Path, tmp_path: Path) -> None:
    run(home, "backup", str(tmp_path / "market.tar"))
    back = tmp_path / "back"
    back.mkdir()
    (back / "entrepot.toml").write_text("[serve]\nport = 9000\n", encoding="utf-8")
    assert run(back, "restore", str(tmp_path / "market.tar")).exit_code == 0
    assert "9000" in (back / "entrepot.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("inside", ["../outside", "/tmp/outside"])
def test_no_file_of_a_strangers_archive_lands_outside(tmp_path: Path, inside: str) -> None:
    path = tmp_path / "evil.tar"
    with tarfile.open(path, "w") as archive:
        member = tarfile.TarInfo(inside)
        member.size = 4
        archive.addfile(member, io.BytesIO(b"evil"))
    refused = run(tmp_path / "deep" / "back", "restore", str(path))
    assert refused.exit_code == 1
    assert "is no whole backup" in refused.output
    assert not list(tmp_path.rglob("outside"))


def test_what_is_missing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Exception, match="pg_dump is not installed here") as refused:
        schema_of_nobody(tmp_path / "copy")
    assert "hunter2" not in str(refused.value)
    text_file = tmp_path / "notes.tar"
    text_file.write_text("not an archive", encoding="utf-8")
    assert "is no whole backup" in run(tmp_path / "back", "restore", str(text_file)).output
    assert "There is no home" in run(tmp_path / "nowhere", "backup", str(tmp_path / "x.tar")).output


def schema_of_nobody(target: Path) -> None:
    from entrepot.kernel import dump

    dump("postgresql://market:hunter2@127.0.0.1:1/market", target)
