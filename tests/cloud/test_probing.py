"""What a stranger sends is loaded apart: whatever it does to what loads it, the answer is a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from entrepot import cloud
from entrepot.cloud import probing
from entrepot.cloud.licences import Licence
from entrepot.kernel import Blobs, Invalid
from tests.cloud import tiny
from tests.waiting import WAIT_S


def draft(folder: Path, weights: Path) -> cloud.ModelDraft:
    files = cloud.store_files(Blobs(folder / "blobs"), weights, tiny.tokenizer())
    engine = cloud.engine_for(weights, {})
    return cloud.ModelDraft("words", "embedding", engine, Licence("MIT"), files)


def test_what_it_can_do_comes_back_from_the_child(tmp_path: Path) -> None:
    known = cloud.probe_apart(tmp_path / "blobs", draft(tmp_path, tiny.table(tmp_path)), 512)
    assert known == cloud.Capabilities(context=512, dimensions=tiny.DIMENSIONS)


def test_a_model_that_cannot_be_loaded_says_why(tmp_path: Path) -> None:
    path = tiny.safetensors(tmp_path / "x.safetensors", {"something else": tiny.matrix()})
    with pytest.raises(Invalid, match="no matrix named embeddings"):
        cloud.probe_apart(tmp_path / "blobs", draft(tmp_path, path), 512)


@pytest.mark.parametrize(
    ("child", "said"),
    [("import os; os.kill(os.getpid(), 9)", "broke on its files"), ("print('noise')", "broke on its files"),
     (f"import time; time.sleep({10 * WAIT_S})", "takes more than")],
    ids=["killed", "noise", "endless"],
)  # fmt: skip
def test_what_breaks_the_child_breaks_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, child: str, said: str
) -> None:
    monkeypatch.setattr(probing, "CHILD", child)
    monkeypatch.setattr(probing, "SECONDS_MAX", 2 if "sleep" in child else WAIT_S)
    with pytest.raises(Invalid, match=said):
        cloud.probe_apart(tmp_path / "blobs", draft(tmp_path, tiny.table(tmp_path)), 512)


def test_the_child_may_not_fill_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    big = tmp_path / "big"
    write = f"open({str(big)!r}, 'wb').write(bytes(9 << 20))"
    monkeypatch.setattr(probing, "CHILD", f"from entrepot.cloud import probing; probing._bound(); {write}")
    with pytest.raises(Invalid):
        cloud.probe_apart(tmp_path / "blobs", draft(tmp_path, tiny.table(tmp_path)), 512)
    assert big.stat().st_size <= probing.OUTPUT_MAX
