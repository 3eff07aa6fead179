"""Prices, stock and article numbers of the demo market."""

from random import Random


def charming(dollars: float) -> int:
    """A price in cents such as a shop would print: 3.49, 24.90, 349.00."""
    if dollars < 10:
        return max(49, round(dollars * 10) * 10 - 1)
    if dollars < 60:
        return round(dollars) * 100 - (10 if round(dollars) % 3 else 5)
    if dollars < 250:
        return round(dollars) * 100 - 100 * (round(dollars) % 10 == 0)
    return max(249, round(dollars / 10) * 10 - 1) * 100


def before_sale(price_minor: int, chance: Random) -> int:
    """What the thing cost before: a tenth to a third more."""
    return charming(price_minor / 100 * chance.uniform(1.14, 1.5))


def stock(price_minor: int, chance: Random) -> int:
    """Pieces on hand: now and then none, now and then the last few, more of cheap things."""
    luck = chance.random()
    if luck < 0.055:
        return 0
    if luck < 0.19:
        return chance.randint(1, 4)
    usual = 260 if price_minor < 1_500 else 90 if price_minor < 10_000 else 24
    return chance.randint(5, usual)


def gtin(serial: int) -> str:
    """The GTIN-13 of a serial number, in the range that is kept for examples (GS1 prefix 952)."""
    assert 0 <= serial < 10**9
    # Scattered by an odd factor, so that neighbours differ in more than their last digits.
    body = f"952{serial * 387_420_489 % 10**9:09d}"
    return body + check_digit(body)


def check_digit(body: str) -> str:
    """The last digit of a GTIN-13, from the twelve before it."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body))
    return str(-total % 10)
