"""What passes for an address that mail can be sent to: a slip at the checkout is said before anything is paid."""

import pytest

from entrepot.identity import check_email
from entrepot.kernel import Invalid


@pytest.mark.parametrize(
    "text", [" Alice@Example.com ", "a.b+c@sub.shop.example", "o'neil@x-y.co", "mail@xn--80ak6aa92e.xn--p1ai"]
)
def test_an_address_is_kept_without_spaces_in_lower_case(text: str) -> None:
    assert check_email(text) == text.strip().lower()


@pytest.mark.parametrize(
    "text", ["", "alice", "alice@", "alice@example", "alice@example.c", "alice@.com", "a b@x.com", "a@x.1"]
)
def test_what_no_mail_reaches_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(Invalid, match=r"name@example\.com"):
        check_email(text)
