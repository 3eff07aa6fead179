"""A feed's rows in batches ready to be saved: checked, their pictures stored, never more than fits in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import msgspec

from entrepot.kernel import Blobs, Database, Invalid, Refused, TooLarge

from ..drafts import PictureDraft, ProductDraft, find_faults, picture_url, picture_urls
from ..pictures import StoredPicture, decode_picture, find_stored, own_pictures, source_digest, store_picture
from ..texts import clean_line, web_address
from .known import Known
from .reading import VALUE_LENGTH_MAX, Bad, Good, Problem, Source

ROWS_MAX: Final = 500
VARIANTS_MAX: Final = 2_000
BYTES_MAX: Final = 16 * 2**20
_REMOTE: Final = ("https://", "http://")
_TWICE: Final = (
    "A row above is about this product already: leave one of them out, or give this one an id of its own; "
    "rows of one product stand together"
)


class Batch(msgspec.Struct, frozen=True):
    """Rows up to `cursor`: those to save, how many were refused, and problems, each with whether it kept a row out.

    `refused_ids` are what the refused ones are about, empty for one of which that could not be read.
    """

    cursor: int
    rows: tuple[Good, ...]
    refused: int
    problems: tuple[tuple[Problem, bool], ...]
    pictures: tuple[StoredPicture, ...] = ()
    refused_ids: tuple[str, ...] = ()

    @property
    def drafts(self) -> list[ProductDraft]:
        """What to save."""
        return [row.draft for row in self.rows]

    @property
    def named(self) -> list[str]:
        """Every product that these rows are about."""
        return [*(row.draft.external_id for row in self.rows), *self.refused_ids]

    def without(self, faults: Mapping[int, Problem]) -> Batch:
        """The batch without the rows at these places, which are refused for what is said of each."""
        kept = tuple(row for place, row in enumerate(self.rows) if place not in faults)
        ids = tuple(self.rows[place].draft.external_id for place in faults)
        problems = (*self.problems, *((problem, True) for problem in faults.values()))
        return msgspec.structs.replace(
            self,
            rows=kept,
            refused=self.refused + len(faults),
            problems=problems,
            refused_ids=(*self.refused_ids, *ids),
        )


class _Gathering:
    """A batch that still grows."""

    def __init__(self) -> None:
        self.rows: list[Good] = []
        self.problems: list[tuple[Problem, bool]] = []
        self.refused_ids: list[str] = []
        self.refused = self.variants = self.size = 0

    def has_room(self, row: Good | None) -> bool:
        if len(self.rows) + self.refused >= ROWS_MAX:
            return False
        if row is None or not self.rows:
            return True
        return self.variants + len(row.draft.variants) <= VARIANTS_MAX and self.size + row.size <= BYTES_MAX

    def add(self, row: Good | None, problems: list[tuple[Problem, bool]], external_id: str) -> None:
        self.problems += problems
        if row is None:
            self.refused += 1
            self.refused_ids.append(external_id)
            return
        self.rows.append(row)
        self.variants += len(row.draft.variants)
        self.size += row.size

    def close(self, cursor: int) -> Batch:
        return Batch(cursor, tuple(self.rows), self.refused, tuple(self.problems), refused_ids=tuple(self.refused_ids))


def batches(rows: Iterable[Good | Bad], cursor: int, *, has_location: bool) -> Iterator[Batch]:
    """The rows of a feed behind a cursor, at most 500 (or 2,000 variants, or 16 MiB) at a time.

    A product comes in once: a second row about it is refused, wherever it stands, so that the same feed again changes
    nothing. That is why the rows before the cursor are looked at, too.
    """
    gathering, known = _Gathering(), Known()
    for place, each in enumerate(rows):
        row, problems = _checked(each, has_location)
        if row is not None and not known.add(clean_line(row.draft.external_id)):
            problems = [(row.problem("external_id", _TWICE, row.draft.external_id), True)]
            row = None
        if place < cursor:
            continue
        if not gathering.has_room(row):
            yield gathering.close(place)
            gathering = _Gathering()
        gathering.add(row, problems, each.external_id if isinstance(each, Bad) else each.draft.external_id)
        cursor = place + 1
    if gathering.rows or gathering.refused:
        yield gathering.close(cursor)


def with_pictures(
    database: Database, blobs: Blobs | None, source: Source, batch: Batch, merchant_id: str
) -> Batch:  # fmt: skip
    """The batch with its files stored and named by their sha256; what is no picture is left out with a note.

    One read finds those that are stored already, and the addresses of the merchant's own pictures, which an export
    wrote. Without blobs nothing is stored: files are only looked at.
    """
    batch = msgspec.structs.replace(batch, rows=tuple(map(_addressed, batch.rows)))
    files = {reference: row for row in batch.rows for reference in picture_urls(row.draft) if not _is_remote(reference)}
    notes: list[tuple[Problem, bool]] = []
    digests: dict[str, str] = {}
    for reference, row in files.items():
        try:
            digests[reference] = source_digest(source.picture(reference))
        except (Invalid, TooLarge) as refusal:
            notes.append((_note(row, reference, refusal), False))
    remote = [url for row in batch.rows for url in picture_urls(row.draft) if _is_remote(url)]
    stored, own = database.read_now(
        lambda snapshot: (find_stored(snapshot, list(digests.values())), own_pictures(snapshot, merchant_id, remote))
    )
    known = {digest: picture.sha256 for digest, picture in stored.items()}
    fresh: list[StoredPicture] = []
    for reference, digest in digests.items():
        if digest not in known:
            try:
                picture = _keep(blobs, source.picture(reference))
            except (Invalid, TooLarge) as refusal:
                notes.append((_note(files[reference], reference, refusal), False))
                continue
            known[digest] = picture.sha256
            fresh.append(picture)
    named = own | {reference: known[digest] for reference, digest in digests.items() if digest in known}
    rows = tuple(_renamed(row, named) for row in batch.rows)
    kept = tuple(fresh) if blobs is not None else ()
    return msgspec.structs.replace(batch, rows=rows, problems=(*batch.problems, *notes), pictures=kept)


def _checked(row: Good | Bad, has_location: bool) -> tuple[Good | None, list[tuple[Problem, bool]]]:
    """A row that may be saved, or None; and its problems."""
    if isinstance(row, Bad):
        return None, [(problem, True) for problem in row.problems]
    found = find_faults(row.draft, is_bounded=row.is_bounded)
    faults = [(row.problem(fault.field, fault.reason, fault.value), True) for fault in found]
    if not has_location and any(variant.is_counted for variant in row.draft.variants):
        reason = "This is counted, and the shop has no location yet: add the place goods leave from, then import again"
        faults.append((row.problem("quantity", reason, row.draft.external_id), True))
    return (None, faults) if faults else (row, [(note, False) for note in row.notes])


def _is_remote(reference: str) -> bool:
    return reference.startswith(_REMOTE)


def _addressed(row: Good) -> Good:
    """The row with its links as links."""
    urls = picture_urls(row.draft)
    if all(url == web_address(url) for url in urls):
        return row
    pictures = tuple(
        web_address(each) if isinstance(each, str) else msgspec.structs.replace(each, url=web_address(each.url))
        for each in row.draft.pictures
    )
    variants = tuple(
        msgspec.structs.replace(each, picture=web_address(each.picture)) if each.picture else each
        for each in row.draft.variants
    )
    return msgspec.structs.replace(row, draft=msgspec.structs.replace(row.draft, pictures=pictures, variants=variants))


def _keep(blobs: Blobs | None, content: bytes) -> StoredPicture:
    if blobs is not None:
        return store_picture(blobs, content)
    image = decode_picture(content)
    digest = source_digest(content)
    return StoredPicture(digest, image.width, image.height, digest)


def _note(row: Good, reference: str, refusal: Refused) -> Problem:
    reason = f"{refusal.sentence} ({row.draft.external_id[:100]} came in without it)"
    return Problem(row.line, "pictures", reason, reference[:VALUE_LENGTH_MAX])


def _named_picture(picture: str | PictureDraft, named: Mapping[str, str]) -> str | PictureDraft | None:
    """The picture under its stored name; None for one that could not be stored."""
    url = picture_url(picture)
    found = named.get(url) or (url if _is_remote(url) else None)
    if found is None or isinstance(picture, str):
        return found
    return msgspec.structs.replace(picture, url=found)


def _renamed(row: Good, named: Mapping[str, str]) -> Good:
    if all(_is_remote(reference) and reference not in named for reference in picture_urls(row.draft)):
        return row
    kept = tuple(dict.fromkeys(filter(None, (_named_picture(each, named) for each in row.draft.pictures))))
    variants = tuple(
        msgspec.structs.replace(variant, picture=named.get(variant.picture, variant.picture))
        if variant.picture
        else variant
        for variant in row.draft.variants
    )
    draft = msgspec.structs.replace(row.draft, pictures=kept, variants=variants)
    return msgspec.structs.replace(row, draft=draft)
