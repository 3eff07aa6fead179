"""Pulling models from a hub over HTTP: which files a repository has, and each of them piece by piece.

1. The hub tells the commit that a revision means, its files with their sizes and digests, its licence and its base.
2. The files that an engine here needs are chosen; what could hold a pickle never is.
3. Each is asked for in ranges, and kept in a file beside until it is whole: who is interrupted goes on where it ended,
   because the commit pins what the bytes are.
4. Its sha256 (or, for small files, git's own digest) must be the one that the hub told.

The hub is the operator's setting and is trusted with its own address alone: where it leads elsewhere, the address must
be a public one, and is asked through the client that strangers' addresses are asked with.
"""

from __future__ import annotations

import fnmatch
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol
from urllib.parse import quote, urljoin, urlsplit

import httpx
import msgspec

from entrepot.kernel import Bounds, Fetched, Fetcher, Invalid, Refused, Secret, Unavailable

from .files import EXTRAS
from .formats import PICKLE_NAMES

PIECE = 32 << 20
REDIRECTS_MAX = 5
FILE_MAX = 200 << 30
LISTING_MAX = 16 << 20
FILES_MAX = 64
SECONDS_MAX = 600.0
_REDIRECTS = (301, 302, 303, 307, 308)
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
_REVISION = re.compile(r"[\w][\w./-]{0,99}")
Progress = Callable[[str, int, int], None]
"""Told the file, how many bytes of it there are, and how many there will be."""


class Transport(Protocol):
    """Asks an address once; redirects are not followed."""

    def ask(self, url: str, headers: Mapping[str, str], bytes_max: int) -> Fetched:
        """The answer, whatever its status."""
        ...


class RemoteFile(msgspec.Struct, frozen=True):
    """A file of a repository, with the digest by which it is checked."""

    name: str
    size: int
    digest: str
    digest_kind: Literal["sha256", "git"]


class Repository(msgspec.Struct, frozen=True):
    """What a hub says of a repository at one commit."""

    name: str
    commit: str
    licence: str
    base: str | None
    files: tuple[RemoteFile, ...]


class _Large(msgspec.Struct, frozen=True):
    sha256: str = ""
    size: int = 0


class _Sibling(msgspec.Struct, frozen=True, rename="camel"):
    rfilename: str
    size: int | None = None
    blob_id: str = ""
    lfs: _Large | None = None


class _Listing(msgspec.Struct, frozen=True, rename="camel"):
    sha: str
    siblings: tuple[_Sibling, ...] = ()
    tags: tuple[str, ...] = ()
    card_data: dict[str, Any] | None = None


class Web:
    """The transport of an installation: the hub's own address as it is set, every other one only if it is public."""

    def __init__(self, hub: str, token: Secret | None = None, fetcher: Fetcher | None = None) -> None:
        self._origin = _origin(hub)
        self._token = token
        self._fetcher = fetcher or Fetcher(pause_s=0.0)
        self._client = httpx.Client(follow_redirects=False, timeout=httpx.Timeout(30.0, read=60.0), trust_env=False)

    def ask(self, url: str, headers: Mapping[str, str], bytes_max: int) -> Fetched:
        """The answer. Unavailable, with a sentence, without a network."""
        if _origin(url) != self._origin:
            return self._fetcher.send("GET", url, headers, b"", Bounds(bytes_max, SECONDS_MAX))
        sent = {**headers, "Accept-Encoding": "identity", "User-Agent": "Entrepot"}
        if self._token is not None and self._token.reveal():
            sent["Authorization"] = f"Bearer {self._token.reveal()}"
        try:
            with self._client.stream("GET", url, headers=sent) as answer:
                parts, size = [], 0
                for part in answer.iter_raw():
                    size += len(part)
                    if size > bytes_max:
                        raise Unavailable("The hub sends more than it was asked for: it does not know ranges")
                    parts.append(part)
                said = {name.lower(): value for name, value in answer.headers.items()}
                return Fetched(url, answer.status_code, said, b"".join(parts))
        except httpx.HTTPError as error:
            raise _unreachable(url) from error

    def close(self) -> None:
        """Let its connections go."""
        self._client.close()


def find_repository(transport: Transport, hub: str, name: str, revision: str = "main") -> Repository:
    """What a repository holds at a revision. Invalid for a name that is none, or that the hub does not know."""
    if not _REPOSITORY.fullmatch(name) or not _REVISION.fullmatch(revision) or ".." in revision:
        raise Invalid(f"{name!r} names no repository of a hub: write it as owner/name")
    address = f"{hub.rstrip('/')}/api/models/{name}/revision/{quote(revision, safe='')}?blobs=true"
    answer = _follow(transport, address, {}, LISTING_MAX)
    if answer.status in (401, 403, 404):
        raise Invalid(f"The hub has no {name} at {revision} for us: look at the name, or set cloud.hub_token")
    if answer.status != 200:
        raise Unavailable(f"The hub answers {answer.status}: try again later")
    try:
        listing = msgspec.json.decode(answer.body, type=_Listing)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Unavailable("The hub answers something that is no list of files: is cloud.hub its address?") from None
    if not re.fullmatch(r"[0-9a-f]{40,64}", listing.sha):
        raise Unavailable("The hub does not say which commit this is: it cannot be pinned")
    files = tuple(_remote(each) for each in listing.siblings if _is_plain(each.rfilename))
    said = listing.card_data or {}
    base = said.get("base_model")
    return Repository(name, listing.sha, _licence(listing), _first(base), files)


def choose_files(repository: Repository, pattern: str | None = None) -> tuple[RemoteFile, ...]:
    """The files that an engine needs: one GGUF, or ONNX with its tokeniser, or safetensors with what stands beside.

    `pattern` chooses the weights where there are several. Invalid, saying what there is, when nothing fits.
    """
    weights = [each for each in repository.files if each.name.endswith((".gguf", ".onnx", ".safetensors"))]
    if pattern is not None:
        weights = [each for each in weights if fnmatch.fnmatch(each.name, pattern)]
    for ending in (".gguf", ".onnx", ".safetensors"):
        found = [each for each in weights if each.name.endswith(ending)]
        if not found:
            continue
        if ending != ".safetensors" and len(found) > 1:
            names = ", ".join(each.name for each in found[:8])
            raise Invalid(f"{repository.name} has several: choose one with --file ({names})")
        folder = found[0].name.rpartition("/")[0]
        beside = [] if ending == ".gguf" else _beside(repository.files, folder)
        chosen = (*found, *beside)
        if len(chosen) > FILES_MAX or sum(each.size for each in chosen) > FILE_MAX:
            raise Invalid(f"{repository.name} is larger than can be pulled at once")
        return chosen
    if any(each.name.endswith(PICKLE_NAMES) for each in repository.files):
        raise Invalid(f"{repository.name} has pickles only, which are programs: ask its maker for safetensors")
    raise Invalid(f"{repository.name} has no GGUF, ONNX or safetensors file{' like ' + pattern if pattern else ''}")


def pull_file(
    transport: Transport, hub: str, repository: Repository, file: RemoteFile, folder: Path, progress: Progress
) -> Path:
    """A file of a repository, whole and checked, in a folder; goes on where an earlier try ended.

    Unavailable when the hub cannot be reached or breaks off (what came stays); Invalid when what came is not what the
    hub told, and then nothing stays.
    """
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{file.digest}.part"
    address = f"{hub.rstrip('/')}/{repository.name}/resolve/{repository.commit}/{quote(file.name)}"
    have = part.stat().st_size if part.exists() else 0
    if have > file.size:
        part.unlink()
        have = 0
    progress(file.name, have, file.size)
    with part.open("ab") as out:
        while have < file.size:
            piece = _piece(transport, address, have, min(have + PIECE, file.size))
            out.write(piece)
            out.flush()
            have += len(piece)
            progress(file.name, have, file.size)
    if _digest(part, file) != file.digest:
        part.unlink()
        raise Invalid(f"{file.name} is not what the hub said it is: its digest differs. Pull it again")
    whole = folder / Path(file.name).name
    part.replace(whole)
    return whole


def _piece(transport: Transport, address: str, begin: int, end: int) -> bytes:
    """The bytes from `begin` to before `end`, or fewer."""
    answer = _follow(transport, address, {"Range": f"bytes={begin}-{end - 1}"}, PIECE + 1)
    if answer.status == 206:
        said = re.match(r"bytes (\d+)-(\d+)/", answer.headers.get("content-range", ""))
        if said is None or int(said[1]) != begin or not 0 < len(answer.body) <= end - begin:
            raise Unavailable("The hub sends another piece than it was asked for")
        return answer.body
    if answer.status == 200 and begin == 0 and 0 < len(answer.body) <= end:
        return answer.body
    if answer.status == 200:
        raise Unavailable("The hub cannot go on where we ended: it does not know ranges")
    raise Unavailable(f"The hub answers {answer.status} for a file: try again later")


def _follow(transport: Transport, url: str, headers: Mapping[str, str], bytes_max: int) -> Fetched:
    for _ in range(REDIRECTS_MAX):
        answer = _asked(transport, url, headers, bytes_max)
        if answer.status not in _REDIRECTS:
            return answer
        following = urljoin(url, answer.headers.get("location", ""))
        if url.startswith("https:") and not following.startswith("https:"):
            raise Invalid("The hub leads from https to http: what comes from there could be anybody's")
        url = following
    raise Invalid("The hub leads on and on: nothing was pulled")


def _asked(transport: Transport, url: str, headers: Mapping[str, str], bytes_max: int) -> Fetched:
    try:
        return transport.ask(url, headers, bytes_max)
    except Refused as refusal:
        if isinstance(refusal, Invalid):
            raise Invalid(f"The hub leads to an address that is not asked: {refusal.sentence}") from refusal
        raise


def _remote(each: _Sibling) -> RemoteFile:
    if each.lfs is not None and re.fullmatch(r"[0-9a-f]{64}", each.lfs.sha256):
        return RemoteFile(each.rfilename, each.lfs.size, each.lfs.sha256, "sha256")
    return RemoteFile(each.rfilename, each.size or 0, each.blob_id, "git")


def _is_plain(name: str) -> bool:
    """Whether a name stays in its repository and is one that a file may have."""
    return bool(re.fullmatch(r"[\w][\w .+/=@-]{0,300}", name)) and ".." not in name.split("/")


def _beside(files: Sequence[RemoteFile], folder: str) -> list[RemoteFile]:
    """What stands beside the weights: in their folder, else at the top."""
    found: dict[str, RemoteFile] = {}
    for each in files:
        where, _, name = each.name.rpartition("/")
        if name in EXTRAS and where in (folder, "") and (where == folder or name not in found):
            found[name] = each
    return list(found.values())


def _digest(path: Path, file: RemoteFile) -> str:
    if file.digest_kind == "git":  # as git names a file: SHA-1 over its kind, its size and its content
        made = hashlib.sha1(f"blob {file.size}\0".encode(), usedforsecurity=False)
        made.update(path.read_bytes())
        return made.hexdigest()
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _licence(listing: _Listing) -> str:
    said = (listing.card_data or {}).get("license")
    if isinstance(said, str) and said and said != "other":
        return _SPDX.get(said.lower(), said)
    tag = next((each.partition(":")[2] for each in listing.tags if each.startswith("license:")), "")
    return _SPDX.get(tag, tag if tag != "other" else "")


def _first(value: object) -> str | None:
    if isinstance(value, list):
        value = value[0] if value else None
    return value if isinstance(value, str) and value else None


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme.lower(), parts.netloc.lower()


def _unreachable(url: str) -> Unavailable:
    host = urlsplit(url).netloc
    return Unavailable(
        f"The hub at {host} cannot be reached: is there a network? Models of installed packages need none "
        "(`entrepot models pull` names them), and a file can be added with `entrepot models add`"
    )


_SPDX = {
    "apache-2.0": "Apache-2.0", "mit": "MIT", "bsd-3-clause": "BSD-3-Clause", "bsd-2-clause": "BSD-2-Clause",
    "cc-by-4.0": "CC-BY-4.0", "cc-by-sa-4.0": "CC-BY-SA-4.0", "cc0-1.0": "CC0-1.0", "cc-by-nc-4.0": "CC-BY-NC-4.0",
    "cc-by-nc-sa-4.0": "CC-BY-NC-SA-4.0", "gpl-3.0": "GPL-3.0", "agpl-3.0": "AGPL-3.0", "mpl-2.0": "MPL-2.0",
}  # fmt: skip
"""SPDX's spelling of licences that hubs write in small letters."""
