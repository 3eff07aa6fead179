"""Jobs: work asked for by one organisation is seen by it and the operator, and done once."""

import msgspec
import pytest

from entrepot.cloud import get_job, submit_job
from entrepot.identity import Scope
from entrepot.kernel import Database, NotFound, Refused, TaskKind, TaskRun
from entrepot.kernel.testing import settle

CHEN = Scope("usr_chen", "org_chen", frozenset({"developer"}))
BRUNO = Scope("usr_bruno", "org_bruno", frozenset({"merchant"}))
DANA = Scope("usr_dana", "org_platform", frozenset({"operator"}))


class Body(msgspec.Struct, frozen=True):
    """What to say."""

    word: str


def test_a_job_is_done_and_seen_by_its_owner_and_the_operator_alone(database: Database) -> None:
    said = []

    def act(run: TaskRun, body: Body) -> None:
        said.append(body.word)

    job_id = database.write_now(lambda tx: submit_job(tx, CHEN, "test.say", Body("hello")))
    assert database.read_now(lambda snapshot: get_job(snapshot, CHEN, job_id)).state == "waiting"
    settle(database, {}, [TaskKind("test.say", Body, act)])
    for scope in (CHEN, DANA, Scope.system()):
        assert database.read_now(lambda snapshot, scope=scope: get_job(snapshot, scope, job_id)).state == "done"
    assert said == ["hello"]
    for scope in (BRUNO, Scope.public()):
        with pytest.raises(NotFound):
            database.read_now(lambda snapshot, scope=scope: get_job(snapshot, scope, job_id))


def test_an_unknown_job_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound):
        database.read_now(lambda snapshot: get_job(snapshot, CHEN, "job_unknown"))


def test_somebody_without_an_organisation_may_not_submit(database: Database) -> None:
    with pytest.raises(Refused):
        database.write_now(lambda tx: submit_job(tx, Scope.public(), "test.say", Body("hello")))
