"""How often: who counts as one caller."""

from types import SimpleNamespace
from typing import Any

import pytest
from limits import RateLimitItemPerHour

from entrepot.identity import Scope
from entrepot.kernel import TooMany
from entrepot.web.rates import Rates


def guest(ip: str) -> Any:
    """A visit of nobody that is known."""
    return SimpleNamespace(scope=Scope.public(), by_key=False, ip=ip)


@pytest.mark.parametrize(
    ("first", "second", "is_one"),
    [
        ("203.0.113.9", "203.0.113.9", True),
        ("203.0.113.9", "203.0.113.10", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:203.0.113.9", "203.0.113.9", True),
        ("no address", "no: address", False),
    ],
)
def test_a_guest_is_counted_by_the_network_that_is_theirs(first: str, second: str, is_one: bool) -> None:
    rates = Rates({"mail": RateLimitItemPerHour(1)})
    rates.count("mail", guest(first))
    if not is_one:
        rates.count("mail", guest(second))
    with pytest.raises(TooMany):
        rates.count("mail", guest(second))
