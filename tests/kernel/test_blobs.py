"""A blob is there whole, under the name of what it holds, or not at all."""

import hashlib
import os
import tempfile
from pathlib import Path

import pytest

from entrepot.kernel import Blobs, NotFound, Unavailable


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_bytes_come_back_under_their_sha256(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    sha256 = blobs.put(b"lamp")
    assert sha256 == hashlib.sha256(b"lamp").hexdigest()
    assert blobs.get(sha256) == b"lamp"
    assert blobs.has(sha256)
    assert blobs.path(sha256).read_bytes() == b"lamp"


def test_the_same_bytes_are_stored_once(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    assert blobs.put(b"lamp") == blobs.put(b"lamp")
    assert len(files(tmp_path)) == 1


def test_bytes_and_name_are_on_the_disk_before_put_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    acts: list[str] = []
    sync, move = os.fsync, os.replace

    def record_sync(descriptor: int) -> None:
        acts.append("sync " + ("folder" if os.path.isdir(f"/proc/self/fd/{descriptor}") else "file"))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", record_sync)
    monkeypatch.setattr(os, "replace", lambda *paths: (acts.append("move"), move(*paths)))
    Blobs(tmp_path).put(b"lamp")
    assert acts[:3] == ["sync file", "move", "sync folder"]


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    blobs = Blobs(tmp_path)
    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", full)
        with pytest.raises(Unavailable, match="No space left"):
            blobs.put(b"lamp")
    assert files(tmp_path) == []
    assert not blobs.has(hashlib.sha256(b"lamp").hexdigest())
    blobs.put(b"lamp")


@pytest.mark.parametrize("name", ["", "0" * 64, "../../etc/passwd", "A" * 64, "0" * 63 + "\n"])
def test_what_is_not_there_is_not_found(tmp_path: Path, name: str) -> None:
    blobs = Blobs(tmp_path)
    assert not blobs.has(name)
    with pytest.raises(NotFound):
        blobs.get(name)


def test_a_stream_is_stored_as_its_bytes_are(tmp_path: Path) -> None:
    blobs, content = Blobs(tmp_path), bytes(range(256)) * 10_000
    with tempfile.SpooledTemporaryFile(max_size=1_000) as spool:
        spool.write(b"before" + content)
        spool.seek(6)
        assert blobs.put_stream(spool) == blobs.put(content)
    assert list(tmp_path.rglob(".new-*")) == []


def test_a_store_below_another_is_apart_and_may_delete(tmp_path: Path) -> None:
    above = Blobs(tmp_path)
    below = above.below("feeds")
    sha256 = below.put(b"feed")
    assert (above.has(sha256), below.has(sha256)) == (False, True)
    above.put(b"feed")
    below.delete(sha256)
    below.delete(sha256)
    assert (above.has(sha256), below.has(sha256)) == (True, False)
