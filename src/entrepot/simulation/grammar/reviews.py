"""What reviewers write, from `words/reviews.toml`."""

from pathlib import Path

import msgspec

Phrases = dict[str, tuple[str, ...]]


class _Reviews(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    praise: Phrases  # by aspect
    complaint: Phrases
    openings: Phrases  # by stars
    titles: Phrases


_REVIEWS = msgspec.toml.decode((Path(__file__).parent / "words" / "reviews.toml").read_bytes(), type=_Reviews)
PRAISE = _REVIEWS.praise
COMPLAINT = _REVIEWS.complaint
OPENINGS = {int(stars): phrases for stars, phrases in _REVIEWS.openings.items()}
TITLES = {int(stars): phrases for stars, phrases in _REVIEWS.titles.items()}
