"""Pulling from a hub: the right files, in pieces, checked; what broke off goes on; nothing that could be a program."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from entrepot.cloud import pulling
from entrepot.cloud.pulling import Web, choose_files, find_repository, pull_file
from entrepot.kernel import Invalid, Secret, Unavailable
from tests.cloud.hub import COMMIT, Hub, running_hub

WEIGHTS = os.urandom(100_000)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Hub, str, Web]]:
    monkeypatch.setattr(pulling, "PIECE", 30_000)
    with running_hub() as (hub, address):
        hub.files = {"model.safetensors": WEIGHTS, "tokenizer.json": b'{"a": 1}', "README.md": b"no", "x.bin": b"no"}
        web = Web(address, Secret("let-me"))
        yield hub, address, web
        web.close()


def pull(address: str, web: Web, folder: Path, seen: list[tuple[str, int, int]] | None = None) -> dict[str, bytes]:
    repository = find_repository(web, address, "maker/model")
    noted = (lambda *said: seen.append(said)) if seen is not None else (lambda *_: None)
    paths = [pull_file(web, address, repository, each, folder, noted) for each in choose_files(repository)]
    return {path.name: path.read_bytes() for path in paths}


def test_what_is_pulled_is_what_an_engine_needs_and_it_is_whole(hub: tuple[Hub, str, Web], tmp_path: Path) -> None:
    double, address, web = hub
    seen: list[tuple[str, int, int]] = []
    assert pull(address, web, tmp_path, seen) == {"model.safetensors": WEIGHTS, "tokenizer.json": b'{"a": 1}'}
    of_weights = [done for name, done, _ in seen if name == "model.safetensors"]
    assert of_weights == [0, 30_000, 60_000, 90_000, 100_000]
    assert {total for name, _, total in seen if name == "model.safetensors"} == {100_000}
    assert all(key == "Bearer let-me" for _, _, key in double.asked)
    assert not list(tmp_path.glob("*.part"))


def test_what_broke_off_goes_on_where_it_ended(hub: tuple[Hub, str, Web], tmp_path: Path) -> None:
    double, address, web = hub
    double.breaks_after = 29_999
    double.files = {"model.safetensors": WEIGHTS}
    repository = find_repository(web, address, "maker/model")
    with pytest.raises(Unavailable):
        pull_file(web, address, repository, repository.files[0], tmp_path, lambda *_: None)
    double.breaks_after, double.piece_max = 0, 25_000  # one that sends less than it was asked for is asked again
    part = tmp_path / f"{repository.files[0].digest}.part"
    part.write_bytes(WEIGHTS[:42_000])
    double.asked.clear()
    path = pull_file(web, address, repository, repository.files[0], tmp_path, lambda *_: None)
    assert path.read_bytes() == WEIGHTS
    assert [wanted for _, wanted, _ in double.asked] == ["bytes=42000-71999", "bytes=67000-96999", "bytes=92000-99999"]


def test_what_is_not_what_the_hub_said_is_refused_and_leaves_nothing(hub: tuple[Hub, str, Web], tmp_path: Path) -> None:
    double, address, web = hub
    double.fault = "lies"
    with pytest.raises(Invalid, match="digest differs"):
        pull(address, web, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_hub_that_does_not_know_ranges_cannot_be_resumed(hub: tuple[Hub, str, Web], tmp_path: Path) -> None:
    double, address, web = hub
    double.fault = "no-ranges"
    with pytest.raises(Unavailable, match="ranges"):
        pull(address, web, tmp_path)


@pytest.mark.parametrize("place", ["http://169.254.169.254/latest/", "http://10.0.0.7/x", "file:///etc/passwd"])
def test_where_the_hub_leads_must_be_public(hub: tuple[Hub, str, Web], tmp_path: Path, place: str) -> None:
    double, address, web = hub
    double.leads_to = place
    with pytest.raises(Invalid, match="not asked"):
        pull(address, web, tmp_path)


def test_pickles_are_never_chosen(hub: tuple[Hub, str, Web]) -> None:
    double, address, web = hub
    double.files = {"pytorch_model.bin": b"evil", "config.json": b"{}"}
    with pytest.raises(Invalid, match="pickles only"):
        choose_files(find_repository(web, address, "maker/model"))


def test_of_several_weights_one_is_chosen_by_name(hub: tuple[Hub, str, Web]) -> None:
    double, address, web = hub
    double.files = {"a-q4.gguf": b"1", "a-q8.gguf": b"2", "../up.gguf": b"3"}
    repository = find_repository(web, address, "maker/model")
    assert [each.name for each in repository.files] == ["a-q4.gguf", "a-q8.gguf"]
    with pytest.raises(Invalid, match="--file"):
        choose_files(repository)
    assert [each.name for each in choose_files(repository, "*q8*")] == ["a-q8.gguf"]


def test_a_name_that_is_none_or_unknown_is_refused(hub: tuple[Hub, str, Web]) -> None:
    _, address, web = hub
    for name in ("model", "a/b/c", "../x", "maker/model?x=1"):
        with pytest.raises(Invalid, match="owner/name"):
            find_repository(web, address, name)
    with pytest.raises(Invalid, match="for us"):
        find_repository(web, address, "maker/other")


def test_without_a_network_a_sentence_says_what_to_do_instead(hub: tuple[Hub, str, Web]) -> None:
    double, address, web = hub
    nowhere = Web("http://127.0.0.1:9")
    with pytest.raises(Unavailable, match="is there a network"):
        find_repository(nowhere, "http://127.0.0.1:9", "maker/model")
    nowhere.close()
    double.fault = "down"
    with pytest.raises(Unavailable, match="503"):
        find_repository(web, address, "maker/model")


def test_licence_base_and_commit_come_along(hub: tuple[Hub, str, Web]) -> None:
    double, address, web = hub
    double.licence, double.base = "apache-2.0", "maker/base"
    found = find_repository(web, address, "maker/model")
    assert (found.licence, found.base, found.commit) == ("Apache-2.0", "maker/base", COMMIT)
