"""Files of batches: their owner's alone, within a quota, and gone when their time is over; answers under keys, too."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest

from entrepot.cloud import answers, tidying, uploads
from entrepot.identity import Scope
from entrepot.kernel import (
    DAY,
    Blobs,
    Conflict,
    Database,
    Invalid,
    ManualClock,
    NotFound,
    TooLarge,
    Workers,
    request_key,
)

ABC = hashlib.sha256(b"abc").hexdigest()
CHEN = Scope("key_chen", "org_chen", frozenset({"developer"}))
BRUNO = Scope("key_bruno", "org_bruno", frozenset({"developer"}))


def add(database: Database, size: int = 1, *, purpose: str = uploads.INPUT, scope: Scope = CHEN) -> uploads.Upload:
    def act(tx: object) -> uploads.Upload:
        name = tx.new_id("file")  # type: ignore[attr-defined]
        return uploads.add_upload(tx, scope, name, "x.jsonl", ABC, size, purpose=purpose)  # type: ignore[arg-type]

    return database.write_now(act)


def test_a_file_is_its_owners(database: Database) -> None:
    mine = add(database)
    assert database.read_now(lambda s: uploads.list_uploads(s, CHEN, None, 9)) == [mine]
    assert database.read_now(lambda s: uploads.list_uploads(s, BRUNO, None, 9)) == []
    with pytest.raises(NotFound):
        database.read_now(lambda s: uploads.get_upload(s, BRUNO, mine.id))
    with pytest.raises(NotFound):
        database.write_now(lambda tx: uploads.delete_upload(tx, BRUNO, mine.id))


def test_files_have_a_quota_and_answers_always_room(database: Database) -> None:
    add(database, uploads.QUOTA_BYTES)
    with pytest.raises(TooLarge, match="delete some"):
        add(database)
    assert add(database, purpose=uploads.OUTPUT).expires_at is not None
    assert add(database, scope=BRUNO).expires_at is None


def test_a_file_has_a_size_and_a_purpose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blobs = Blobs(tmp_path)
    sha256, size = uploads.receive_upload(blobs, "file_1", io.BytesIO(b"abc"))
    assert (size, uploads.uploads_in(blobs, "file_1").get(sha256)) == (3, b"abc")
    assert not uploads.uploads_in(blobs, "file_2").has(sha256), "each file's bytes are its own"
    monkeypatch.setattr(uploads, "BYTES_MAX", 2)
    with pytest.raises(TooLarge, match="in parts"):
        uploads.receive_upload(blobs, "file_3", io.BytesIO(b"abc"))
    with pytest.raises(Invalid, match="purpose batch"):
        uploads.check_purpose("fine-tune")


def test_what_was_kept_long_enough_is_let_go_of(database: Database, tmp_path: Path) -> None:
    clock, blobs = database.clock, Blobs(tmp_path)
    assert isinstance(clock, ManualClock)
    made, kept = add(database, purpose=uploads.OUTPUT), add(database)
    sha256, _ = uploads.receive_upload(blobs, made.id, io.BytesIO(b"abc"))
    key = request_key("key_chen", "POST /v1/x", "k", b"body")
    claim = database.write_now(lambda tx: answers.claim_answer(tx, key, "req_1", "host/1/a"))
    assert isinstance(claim, answers.Claim)
    database.write_now(lambda tx: answers.store_answer(tx, claim, "application/json", "{}"))
    tidy = tidying.tidy_task(blobs)
    clock.advance(answers.KEPT + 1)
    _run(database, tidy)
    with pytest.raises(Conflict, match="kept no more"):
        database.write_now(lambda tx: answers.claim_answer(tx, key, "req_2", "host/1/a"))
    assert len(database.read_now(lambda s: uploads.list_uploads(s, CHEN, None, 9))) == 2
    clock.advance(30 * DAY)
    _run(database, tidy)
    assert database.read_now(lambda s: uploads.list_uploads(s, CHEN, None, 9)) == [kept]
    assert not uploads.uploads_in(blobs, made.id).has(sha256), "the bytes are gone, too"


def _run(database: Database, kind: object) -> None:
    workers = Workers(database, [kind], "tests")  # type: ignore[list-item]
    database.write_now(lambda tx: tx.enqueue(tidying.TIDY, tidying.Tidy()))
    assert workers.drain() == 1
