"""The page that joins the rooms: what it wires is there, and an operator's wish becomes work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from entrepot import app, cloud, discovery
from entrepot.app import Entrepot, open_home
from entrepot.identity import Scope
from entrepot.kernel import Invalid, NotAllowed, Unavailable, handler_name


@pytest.fixture
def entrepot(tmp_path: Path) -> Iterator[Entrepot]:
    entrepot = open_home(tmp_path / "home", {})
    yield entrepot
    entrepot.close()


def test_every_scheduled_task_is_somebodys_work(entrepot: Entrepot) -> None:
    kinds = {kind.name for kind in entrepot.job_kinds}
    assert {entry.kind for entry in app.SCHEDULE} <= kinds


def test_every_kind_of_task_and_every_reaction_has_a_name_of_its_own(entrepot: Entrepot) -> None:
    names = [kind.name for kind in entrepot.job_kinds]
    assert len(names) == len(set(names))
    for handlers in entrepot.reactions.values():
        assert len({handler_name(handler) for handler in handlers}) == len(handlers)


def test_an_operators_rebuild_is_a_job_that_is_done(entrepot: Entrepot) -> None:
    job_id = entrepot.database.write_now(lambda tx: discovery.request_rebuild(tx, Scope.system()))
    entrepot.settle()
    job = entrepot.database.read_now(lambda snapshot: cloud.get_job(snapshot, Scope.system(), job_id))
    assert (job.kind, job.state) == ("discovery.rebuild", "done")


def test_only_operators_have_the_index_built_anew(entrepot: Entrepot) -> None:
    with pytest.raises(NotAllowed):
        entrepot.database.write_now(lambda tx: discovery.request_rebuild(tx, Scope("usr_alice")))


def test_the_key_of_a_home_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    first = app.read_secret_key(tmp_path)
    assert app.read_secret_key(tmp_path) == first
    assert (tmp_path / "secret.key").stat().st_mode & 0o077 == 0


def test_an_unknown_setting_stops_the_start_and_is_named(tmp_path: Path) -> None:
    (tmp_path / "entrepot.toml").write_text("[serve]\nprot = 1\n")
    with pytest.raises(Invalid, match=r"serve\.prot"):
        open_home(tmp_path, {})


def test_a_home_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Unavailable, match="--home"):
        open_home(tmp_path / "file" / "home", {})


def test_looking_into_a_home_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="There is no home"), app.open_database(tmp_path / "nowhere", {}):
        pass


def test_a_home_on_sqlite_is_served_by_one_process(tmp_path: Path) -> None:
    with closing(open_home(tmp_path, {})) as first, closing(open_home(tmp_path, {})) as second:
        first.start()
        with pytest.raises(Unavailable, match="Another process serves"):
            second.start()
    with closing(open_home(tmp_path, {})) as third:
        third.start()
