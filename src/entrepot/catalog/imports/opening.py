"""Opening what was sent: out of gz or zip, in UTF-8, in a folder of its own that is gone afterwards.

A file that is plain UTF-8 already is read where it lies. What unpacks to more than the bounds is refused while it is
being unpacked, so a small file cannot fill the disk; memory holds a block at a time.
"""

from __future__ import annotations

import codecs
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from entrepot.kernel import Invalid

from .encodings import SAMPLE_BYTES_MAX, find_encoding
from .folders import own_folder
from .reading import Feed

UNPACKED_BYTES_MAX: Final = 8 * 2**30
UPLOAD_UNPACKED_BYTES_MAX: Final = 2 * 2**30
RATIO_MAX: Final = 200
"""Of unpacked to packed bytes, beyond the first 64 MiB: feeds pack to a tenth, a bomb to a thousandth."""
RATIO_FREE_BYTES: Final = 64 * 2**20
MEMBERS_MAX: Final = 20_000
_BLOCK: Final = 2**20
_BROKEN_ZIP: Final = (
    zipfile.BadZipFile, OSError, EOFError, zlib.error, lzma.LZMAError, NotImplementedError, RuntimeError, ValueError,
)  # fmt: skip
_GZIP, _ZIP = b"\x1f\x8b", (b"PK\x03\x04", b"PK\x05\x06")
_SHEETS: Final = frozenset({".csv", ".tsv", ".txt", ".xml", ".jsonl", ".ndjson"})
_LAYOUTS: Final = frozenset({".parquet", ".html", ".htm", ".json", ".jsonld"})
_BINARY: Final = (
    b"PAR1", b"\x89PNG", b"\xff\xd8\xff", b"%PDF", b"\xd0\xcf\x11\xe0", b"7z\xbc\xaf", b"Rar!", b"BZh",
    b"\x28\xb5\x2f\xfd", b"\xfd7zXZ", _GZIP, *_ZIP,
)  # fmt: skip


@contextmanager
def opened(feed: Feed) -> Iterator[Feed]:
    """The feed as a plain file in UTF-8, or a folder. Invalid, with a sentence, when it cannot be unpacked."""
    with own_folder() as folder:
        yield _plain(_unpacked(feed, folder), folder)


def _unpacked(feed: Feed, folder: Path) -> Feed:
    if feed.path.is_dir():
        return _only_feed(feed)
    begin = _begin(feed.path, 4)
    if begin.startswith(_GZIP):
        return _gunzip(feed, folder)
    if begin.startswith(_ZIP):
        return _only_feed(_unzip(feed, folder))
    return feed


def _only_feed(feed: Feed) -> Feed:
    """The one feed of a folder that has pictures beside it; the folder itself when it is a layout, or has several."""
    if not feed.path.is_dir():
        return feed
    found = sheets_in(feed.path)
    if len(found) > 1:
        found = [path for path in found if path.suffix.lower() != ".txt"]  # a note that lies beside it
    return _moved(feed, found[0], found[0].name, found[0].parent) if len(found) == 1 else feed


def sheets_in(folder: Path) -> list[Path]:
    """The files of a folder that may be a feed by themselves; none in the folder of a layout."""
    found: list[Path] = []
    for path in islice(folder.rglob("*"), MEMBERS_MAX):
        if path.suffix.lower() in _LAYOUTS:
            return []
        if path.suffix.lower() in _SHEETS and path.is_file():
            found.append(path)
    return sorted(found)


def _begin(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(most)
    except OSError as error:
        raise Invalid(f"{path.name} cannot be read: {error.strerror}") from error


def _gunzip(feed: Feed, folder: Path) -> Feed:
    name = feed.name.removesuffix(".gz")
    target = folder / "feed"
    try:
        with gzip.open(feed.path, "rb") as packed:
            _copy(packed, target, feed.path.stat().st_size, feed.name, _bytes_max(feed))
    except (OSError, EOFError, zlib.error) as error:
        raise Invalid(f"{feed.name} cannot be unpacked: {error}") from error
    return _moved(feed, target, name, _pictures_of(feed))


def _unzip(feed: Feed, folder: Path) -> Feed:
    """Every file of the archive in a folder; a single one is the feed itself."""
    try:
        with zipfile.ZipFile(feed.path) as archive:
            members = [each for each in archive.infolist() if _is_wanted(each)]
            _check_members(feed.name, archive.namelist(), members)
            left = _bytes_max(feed)
            for member in members:
                left -= _extract(archive, member, folder / "unpacked", feed, left)
    except _BROKEN_ZIP as error:
        raise Invalid(f"{feed.name} cannot be unpacked: {error}") from error
    files = [each for each in (folder / "unpacked").rglob("*") if each.is_file()]
    if len(files) == 1:
        return _moved(feed, files[0], files[0].name, files[0].parent)
    return _moved(feed, folder / "unpacked", feed.name, folder / "unpacked")


def _is_wanted(member: zipfile.ZipInfo) -> bool:
    name = PurePosixPath(member.filename)
    return not member.is_dir() and not name.name.startswith("._") and "__MACOSX" not in name.parts


def _check_members(name: str, names: list[str], members: list[zipfile.ZipInfo]) -> None:
    if "[Content_Types].xml" in names:
        raise Invalid(f"{name} is a workbook: save its sheet as CSV (UTF-8) and import that")
    if not members:
        raise Invalid(f"{name} holds no file: there is nothing to import")
    if len(members) > MEMBERS_MAX:
        raise Invalid(f"{name} holds {len(members):,} files: at most {MEMBERS_MAX:,} are unpacked")
    if any(member.flag_bits & 1 for member in members):
        raise Invalid(f"{name} needs a password: send it without one")


def _extract(archive: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path, feed: Feed, left: int) -> int:
    """Unpack one member below a folder, whatever path it claims; returns its size."""
    parts = [part for part in PurePosixPath(member.filename.replace("\\", "/")).parts if part not in ("/", "..", ".")]
    if not parts or "\0" in member.filename or any(len(part.encode("utf-8", "replace")) > 200 for part in parts):
        raise Invalid(f"{feed.name} holds a file with a name that cannot be used: {member.filename[:100]!r}")
    target = folder.joinpath(*parts)
    if not target.resolve().is_relative_to(folder.resolve()) or target.exists():
        raise Invalid(f"{feed.name} holds two files in one place: {member.filename[:100]!r}")
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(member) as packed:
        return _copy(packed, target, min(member.compress_size, feed.path.stat().st_size), feed.name, left)


def _bytes_max(feed: Feed) -> int:
    return UNPACKED_BYTES_MAX if feed.is_local else UPLOAD_UNPACKED_BYTES_MAX


def _copy(packed: object, target: Path, packed_bytes: int, name: str, bytes_max: int) -> int:
    """Block by block; Invalid once it is larger than it may be."""
    size, allowed = 0, max(packed_bytes * RATIO_MAX, RATIO_FREE_BYTES)
    with target.open("wb") as file:
        while block := packed.read(_BLOCK):  # type: ignore[attr-defined]
            size += len(block)
            if size > bytes_max:
                raise Invalid(f"{name} unpacks to more than is allowed here: split it")
            if size > allowed:
                raise Invalid(f"{name} unpacks to more than {RATIO_MAX} times its size: no feed packs so well")
            file.write(block)
    return size


def _plain(feed: Feed, folder: Path) -> Feed:
    """The feed in UTF-8, its lines ended by line feeds: itself when it is that already, or is no text."""
    if feed.path.is_dir():
        return feed
    begin = _begin(feed.path, SAMPLE_BYTES_MAX)
    if begin.startswith(_BINARY):
        return feed
    encoding = find_encoding(begin)
    if encoding is None:
        raise Invalid(f"The encoding of {feed.name} cannot be told from its letters: save it as UTF-8")
    try:
        name = codecs.lookup(encoding).name
    except LookupError:
        raise Invalid(f"{feed.name} says it is in {encoding!r}, which we do not know: save it as UTF-8") from None
    is_old = b"\r" in begin and b"\n" not in begin  # lines that end as they did on the first Macintosh
    if name in ("utf-8", "utf-8-sig", "ascii") and not is_old:
        return feed
    target = folder / "feed.utf-8"
    with feed.path.open("rb") as source, target.open("wb") as file:
        _recode(source, file, name, feed.name, is_old=is_old)
    return _moved(feed, target, feed.name, _pictures_of(feed))


def _recode(source: BinaryIO, target: BinaryIO, encoding: str, name: str, *, is_old: bool) -> None:
    """Write a file again as UTF-8. What cannot be read becomes U+FFFD, which its row shows."""
    try:
        decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        for block in chain(iter(lambda: source.read(_BLOCK), b""), (b"",)):
            text = decoder.decode(block, final=not block)
            target.write((text.replace("\r", "\n") if is_old else text).encode("utf-8", "replace"))
    except (AttributeError, TypeError, UnicodeError) as error:
        raise Invalid(f"{name} cannot be read as {encoding}: save it as UTF-8") from error


def _moved(feed: Feed, path: Path, name: str, folder: Path | None) -> Feed:
    return Feed(path, name, feed.currency, folder is not None, folder, feed.mapping)


def _pictures_of(feed: Feed) -> Path | None:
    """The folder beside a feed, where it may be looked at."""
    if not feed.is_local:
        return None
    return feed.folder or feed.path.parent
