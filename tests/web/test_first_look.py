"""A home that nobody opened yet, and the first pages of one that was just opened: they say what to do next."""

from __future__ import annotations

from pathlib import Path

from entrepot import group, identity
from tests.cast import DANA, PASSWORD_HASH
from tests.web.conftest import answering, opened, visited


def test_an_empty_home_says_who_opens_it_and_an_opened_one_what_comes_next(tmp_path: Path) -> None:
    with opened(tmp_path / "home") as entrepot, answering(entrepot) as app, visited(app) as visit:
        assert "not open yet" in visit().get("/").text
        owner = identity.SignUp(DANA.email, PASSWORD_HASH, DANA.name)
        entrepot.database.write_now(lambda tx: group.open_market(tx, group.Market("Quay"), owner))
        assert "not open yet" not in visit().get("/").text
        dana = visit().sign_in(DANA)
        assert "Set the market up" in dana.get("/").text
        page = dana.get("/operator").text
        assert "0 of 4 done" in page
        assert 'href="/operator/taxes">Set taxes' in page
        assert dana.get("/m/nobody", headers={"accept": "text/html"}).status_code == 404
        failed = dana.get("/p/nothing", headers={"accept": "text/html"})
        assert "Quay" in failed.text  # the market's name stays on a page of a failure
