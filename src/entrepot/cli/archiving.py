"""A home and its database as one file, and back: everything but what can be made anew.

The database is copied first. Whatever a row of it names was stored before the row was, so it is there to be taken.
"""

from __future__ import annotations

import hashlib
import io
import json
import lzma
import os
import re
import shutil
import sys
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import IO, Literal

import click

from entrepot import group, ledger, migrations
from entrepot.app import open_database
from entrepot.kernel import (
    Conflict,
    Database,
    Invalid,
    NotFound,
    SystemClock,
    dump,
    load,
    require_empty,
    to_rfc3339,
)
from entrepot.settings import read_settings

from .exporting import whole_file
from .progress import Bar
from .verify import hold, told

MADE_ANEW = {
    "index",
    "feeds",
    "incoming",
    "serve.lock",
    "serve.log",
    "entrepot.db",
    "entrepot.db-wal",
    "entrepot.db-shm",
}
HEAD, DATABASE, END = "backup.json", "database", "end.json"
_BLOB = re.compile(r"(?:^|/)([0-9a-f]{2})/([0-9a-f]{62})$")
_Mode = Literal["w", "w:gz", "w:xz"]
_COMPRESSED: dict[str, _Mode] = {".gz": "w:gz", ".tgz": "w:gz", ".xz": "w:xz"}


def back_up(home: Path, path: Path) -> None:
    """Write a home and its database to `path`; a server may serve meanwhile. The file is whole or not there."""
    url = read_settings(home, os.environ).database_url(home)
    with open_database(home, current=False) as database, whole_file(path) as file:
        root = database.read_now(ledger.chain_root)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".backup-") as folder:
            copy = Path(folder) / DATABASE
            dump(url, copy)
            count, damaged = _pack(home, copy, file, _head(database, root), _mode(path))
    click.echo(f"{path}: the database and {count:,} files, {path.stat().st_size:,} bytes")
    click.echo(f"Chain root: {root or 'none yet'}")
    if damaged:
        click.echo("These files are not what their names say, here as in the backup:", err=True)
        for name in damaged:
            click.echo(f"  {name}", err=True)
        sys.exit(1)


def restore(home: Path, path: Path) -> None:
    """Make a home of what `back_up` wrote, and prove it. Conflict when there is a home or a filled database already."""
    if home.exists() and any(entry.name != "entrepot.toml" for entry in home.iterdir()):
        raise Conflict(f"{home} is not empty: name a new folder with --home")
    home.absolute().parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.absolute().parent, prefix=".restore-") as folder:
        unpacked = Path(folder)
        head = _unpack(path, unpacked)
        copy = unpacked / DATABASE
        home.mkdir(mode=0o700, exist_ok=True)
        _take_settings(unpacked, home)
        url = read_settings(home, os.environ).database_url(home)
        _check_kind(url, head["database"])
        require_empty(url)
        load(url, copy)
        for entry in sorted(unpacked.iterdir()):
            if entry.is_dir():
                entry.chmod(0o700)
            os.replace(entry, home / entry.name)
    migrations.upgrade(url)
    _prove(home, head)


def _head(database: Database, root: str | None) -> dict[str, str]:
    return {
        "entrepot": version("entrepot"),
        "taken_at": to_rfc3339(SystemClock().now()),
        "database": database.dialect,
        "chain_root": root or "",
    }


def _mode(path: Path) -> _Mode:
    return _COMPRESSED.get(path.suffix.lower(), "w")


def _pack(home: Path, copy: Path, file: IO[bytes], head: dict[str, str], mode: _Mode) -> tuple[int, list[str]]:
    """How many files of the home went in, and the names of those whose content is not what it was."""
    damaged: list[str] = []
    count = 0
    with tarfile.open(fileobj=file, mode=mode, dereference=True) as archive, Bar("Files") as bar:
        _put(archive, HEAD, head)
        archive.add(copy, DATABASE)
        for path in _files(home):
            name = path.relative_to(home).as_posix()
            try:
                if not _is_whole(path, name):
                    damaged.append(name)
                archive.add(path, name, recursive=False)
            except FileNotFoundError:  # let go of since its folder was read
                continue
            bar.advance(count := count + 1)
        _put(archive, END, {"files": count})
    return count, damaged


def _files(home: Path) -> Iterator[Path]:
    for entry in sorted(home.iterdir()):
        if entry.name in MADE_ANEW:
            continue
        paths = sorted(entry.rglob("*")) if entry.is_dir() else [entry]
        yield from (path for path in paths if path.is_file() and not path.name.startswith(".new-"))


def _put(archive: tarfile.TarFile, name: str, content: object) -> None:
    text = json.dumps(content, indent=2).encode()
    member = tarfile.TarInfo(name)
    member.size = len(text)
    archive.addfile(member, io.BytesIO(text))


def _is_whole(path: Path, name: str) -> bool:
    """Whether a file that is named by its content still holds that content; True for every other."""
    if (named := _BLOB.search(name)) is None:
        return True
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == named[1] + named[2]


def _unpack(path: Path, folder: Path) -> dict[str, str]:
    """Lay out a backup's files and return what its head says. Invalid when it is no backup, or not whole."""
    try:
        with tarfile.open(path) as archive, Bar("Files") as bar:
            for count, member in enumerate(archive, 1):
                archive.extract(member, folder, filter="data")
                bar.advance(count)
        head: dict[str, str] = json.loads((folder / HEAD).read_bytes())
        files = json.loads((folder / END).read_bytes())["files"]
    except FileNotFoundError as error:
        if not path.exists():
            raise NotFound(f"There is no file {path}") from error
        raise Invalid(f"{path} is no whole backup: it ends early, or was not made by `entrepot backup`") from error
    except (tarfile.TarError, EOFError, ValueError, KeyError, zlib.error, lzma.LZMAError) as error:
        raise Invalid(f"{path} is no whole backup: {str(error).partition(':')[0]}") from error
    for name in (HEAD, END):
        (folder / name).unlink()
    found = [each for each in folder.rglob("*") if each.is_file() and each != folder / DATABASE]
    broken = [name for each in found if not _is_whole(each, name := each.relative_to(folder).as_posix())]
    if len(found) != files:
        raise Invalid(f"{path} holds {len(found):,} files, and was made with {files:,}: it is not whole")
    for name in broken:
        click.echo(f"{name} is not what its name says: it was damaged before or in the backup", err=True)
    return head


def _take_settings(unpacked: Path, home: Path) -> None:
    """The settings of the place where it is restored stand before those of the backup."""
    settings = home / "entrepot.toml"
    if settings.exists():
        (unpacked / "entrepot.toml").unlink(missing_ok=True)
    elif (unpacked / "entrepot.toml").exists():
        shutil.copy2(unpacked / "entrepot.toml", settings)


def _check_kind(url: str, kind: str) -> None:
    wanted = "sqlite" if url.startswith("sqlite:") else "postgresql"
    if kind != wanted:
        where = "name an empty PostgreSQL database in ENTREPOT_DATABASE_URL" if kind == "postgresql" else (
            "unset ENTREPOT_DATABASE_URL: it goes into a file of the home"
        )  # fmt: skip
        raise Invalid(f"This backup is of a database of the kind {kind}: {where}")


def _prove(home: Path, head: dict[str, str]) -> None:
    """Print every proof of what was restored. Exit status 1 when one is broken."""
    with open_database(home) as database:
        holds = hold(told(group.verify(database)))
        if (root := head["chain_root"]) and database.read_now(
            lambda snapshot: ledger.check_root(snapshot, root)
        ).breaches:
            click.secho(f"✗ The chain does not lead to {root}, as it did when the backup was made", fg="red")
            holds = False
    click.echo(f"{home} is as it was at {head['taken_at']}. The search index is built with the next start.")
    sys.exit(0 if holds else 1)
