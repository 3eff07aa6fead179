"""Reviews in the manner of shoppers: mostly kind, sometimes not, always about the thing."""

from math import exp
from random import Random

from entrepot.simulation.grammar import KINDS, Kind
from entrepot.simulation.grammar.names import FIRST_NAMES
from entrepot.simulation.grammar.reviews import COMPLAINT, OPENINGS, PRAISE, TITLES
from entrepot.simulation.types import DemoReview

_REVIEWS_MAX = 42


def reviews_of(kind: Kind, quality: float, appeal: float, chance: Random) -> tuple[DemoReview, ...]:
    """Reviews of a product: more of what appeals, better ratings for better things."""
    count = min(_REVIEWS_MAX, int(chance.expovariate(1 / (5.5 * appeal))))
    seen: set[str] = set()
    written = []
    for _ in range(count):
        review = _review(kind, quality, chance)
        if review.text not in seen:
            seen.add(review.text)
            written.append(review)
    return tuple(sorted(written, key=lambda review: review.days_ago))


def review_of(kind_code: str, rating: int, chance: Random) -> tuple[str, str]:
    """The title and text of somebody who gives a thing of this kind so many stars."""
    kind = next(kind for kind in KINDS if kind.code == kind_code)
    return chance.choice(TITLES[rating]), _text(kind, rating, chance)


def _review(kind: Kind, quality: float, chance: Random) -> DemoReview:
    # A logistic curve: nearly everything gets fours and fives, poor things really do get ones.
    mean = 1.6 + 3.3 / (1 + exp(-5.2 * (quality - 0.3)))
    rating = max(1, min(5, round(chance.gauss(mean, 0.85))))
    return DemoReview(
        rating=rating,
        title=chance.choice(TITLES[rating]),
        text=_text(kind, rating, chance),
        author=chance.choice(FIRST_NAMES),
        days_ago=int(chance.triangular(31, 720, 90)),
    )


def _text(kind: Kind, rating: int, chance: Random) -> str:
    aspects = chance.sample(kind.aspects, k=min(2, len(kind.aspects)))
    good = [chance.choice(PRAISE[aspect]) for aspect in aspects]
    bad = [chance.choice(COMPLAINT[aspect]) for aspect in aspects]
    parts = {
        5: good,
        4: [good[0], bad[-1]] if chance.random() < 0.35 else good[:1],
        3: [good[0], bad[-1]],
        2: [bad[0]],
        1: bad,
    }[rating]
    return " ".join(part for part in (chance.choice(OPENINGS[rating]), *parts) if part)
