"""What stops a start says so in a sentence, with exit status 1 and no traceback, and leaves no process behind."""

import socket
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from entrepot.cli import main
from tests.journeys.server import environment, run, serving

WRONG = {
    "an unknown key": ("[serve]\nprot = 8000\n", {}, ["entrepot.toml", "serve.prot", "port"]),
    "an unknown section": ("[server]\nport = 8000\n", {}, ["entrepot.toml", "[server]", "serve"]),
    "a wrong type": ('[serve]\nport = "eighty"\n', {}, ["entrepot.toml", "serve.port", "'eighty'"]),
    "a value out of bounds": ("[pay]\npayout_min_minor = 0\n", {}, ["entrepot.toml", "pay.payout_min_minor", "0"]),
    "a rule of the section": ("[orders]\nconfirm_days = 1000\n", {}, ["[orders]", "confirm_days", "365"]),
    "no TOML": ("[serve\nport = 8000\n", {}, ["entrepot.toml", "line 1"]),
    "an unknown variable": ("", {"ENTREPOT_SERVE__PROT": "1"}, ["ENTREPOT_SERVE__PROT", "serve.prot"]),
    "a wrong variable": ("", {"ENTREPOT_SERVE__PORT": "eighty"}, ["ENTREPOT_SERVE__PORT", "'eighty'"]),
    "no database": ("", {"ENTREPOT_DATABASE_URL": "mysql://x/y"}, ["ENTREPOT_DATABASE_URL", "mysql", "postgresql://"]),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_setting_stops_the_start_and_is_named(tmp_path: Path, name: str) -> None:
    written, variables, named = WRONG[name]
    (tmp_path / "entrepot.toml").write_text(written)
    result = CliRunner().invoke(main, ["--home", str(tmp_path), "serve"], env=variables)
    assert result.exit_code == 1
    assert result.exception is None or isinstance(result.exception, SystemExit)
    for word in named:
        assert word in result.stderr, result.stderr
    assert not (tmp_path / "entrepot.db").exists()


def test_a_secret_in_a_wrong_place_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "entrepot.toml").write_text("[identity]\nsmtp_password = 12345678\n")
    result = CliRunner().invoke(main, ["--home", str(tmp_path), "serve"])
    assert result.exit_code == 1
    assert "identity.smtp_password" in result.stderr
    assert "12345678" not in result.output


def test_several_processes_on_sqlite_are_refused_with_the_way_out(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["--home", str(tmp_path), "serve", "--workers", "2"])
    assert result.exit_code == 1
    assert "PostgreSQL" in result.stderr
    assert "ENTREPOT_DATABASE_URL" in result.stderr


def test_a_taken_port_is_named_and_the_home_stays_whole(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run(tmp_path, {}, "serve", "--port", str(port))
    assert ended.returncode == 1
    assert f"Port {port} on 127.0.0.1 is taken" in ended.stderr
    assert "Traceback" not in ended.stderr
    with serving(tmp_path, {}) as server:
        assert server.setup_path()


def test_a_postgresql_that_is_not_there_is_named(tmp_path: Path) -> None:
    pytest.importorskip("psycopg")
    with closing(socket.socket()) as nobody:
        nobody.bind(("127.0.0.1", 0))  # and does not listen: nobody else can either
        url = f"postgresql://nobody@127.0.0.1:{nobody.getsockname()[1]}/market"
        ended = run(tmp_path, {"ENTREPOT_DATABASE_URL": url}, "serve", "--port", "0")
    assert ended.returncode == 1
    assert "PostgreSQL does not answer" in ended.stderr
    assert "ENTREPOT_DATABASE_URL" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("made", ["a file", "a folder nobody may write"])
def test_a_home_that_cannot_be_used_is_named(tmp_path: Path, made: str) -> None:
    home = tmp_path / "home"
    if made == "a file":
        home.write_text("not a folder")
    else:
        home = Path("/proc/entrepot-home")
    result = CliRunner().invoke(main, ["--home", str(home), "serve"], env=environment())
    assert result.exit_code != 0
    assert str(home) in result.output
    assert "Traceback" not in result.output


def test_a_damaged_database_is_named_and_left_as_it_is(tmp_path: Path) -> None:
    database = tmp_path / "entrepot.db"
    database.write_bytes(b"this is no database" * 1_000)
    ended = run(tmp_path, {}, "serve", "--port", "0")
    assert ended.returncode == 1
    assert "entrepot.db" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert database.read_bytes().startswith(b"this is no database")
