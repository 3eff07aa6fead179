"""What an import unpacks is gone with it, or, when it was killed, with the next one's opening; never what is in use."""

import os
import tempfile
import time
from pathlib import Path

import pytest

from entrepot.catalog.imports.folders import PREFIX, YOUNG_S, own_folder


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def make_old(folder: Path) -> Path:
    at = time.time() - 2 * YOUNG_S
    os.utime(folder, (at, at))
    return folder


def left_behind(temporary: Path, name: str) -> Path:
    folder = temporary / name
    (folder / "unpacked").mkdir(parents=True)
    (folder / "unpacked" / "feed.csv").write_text("Handle,Title\n")
    return folder


def test_a_folder_is_gone_when_its_feed_is_closed(temporary: Path) -> None:
    with own_folder() as folder:
        (folder / "feed").write_text("x")
    assert list(temporary.iterdir()) == []


def test_what_a_killed_import_left_is_gone_when_the_next_feed_is_opened(temporary: Path) -> None:
    make_old(left_behind(temporary, f"{PREFIX}killed"))
    other = make_old(left_behind(temporary, "somebody-else"))
    young = left_behind(temporary, f"{PREFIX}young")
    with own_folder() as folder:
        assert sorted(temporary.iterdir()) == sorted([folder, other, young])


def test_what_is_in_use_stays_however_old(temporary: Path) -> None:
    with own_folder() as used:
        make_old(used)
        with own_folder():
            assert used.is_dir()


def test_a_link_is_not_followed(temporary: Path) -> None:
    outside = make_old(left_behind(temporary, "outside"))
    link = temporary / f"{PREFIX}link"
    link.symlink_to(outside)
    at = time.time() - 2 * YOUNG_S
    os.utime(link, (at, at), follow_symlinks=False)
    with own_folder():
        assert (outside / "unpacked" / "feed.csv").is_file()
