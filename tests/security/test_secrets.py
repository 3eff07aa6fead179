"""What a refusal says holds no secret."""

import pytest

from entrepot.kernel import Database, Unavailable


def test_an_address_that_cannot_be_read_is_not_repeated_with_its_password() -> None:
    with pytest.raises(Unavailable) as refused:
        Database("postgresql://shop:geheim@[::1/shop")
    assert "geheim" not in refused.value.sentence
    assert "ENTREPOT_DATABASE_URL" in refused.value.sentence
