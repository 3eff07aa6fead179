"""Models and bills from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from entrepot import app, cloud, identity
from entrepot.cli import main
from entrepot.kernel import Secret
from tests.cast import invite
from tests.cloud import tiny
from tests.cloud.hub import COMMIT, running_hub


@pytest.fixture
def home(tmp_path: Path) -> Path:
    app.open_home(tmp_path / "home").close()
    return tmp_path / "home"


def run(home: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["--home", str(home), *words])


def test_a_packaged_model_is_added_listed_and_taken_back(home: Path) -> None:
    if cloud.find_package("minilm-l6-v2") is None or not tiny.is_installed("onnxruntime"):
        pytest.skip("the weights of MiniLM are not installed: run `make models`")
    added = run(home, "models", "add", "minilm-l6-v2", "--price", "embedding_tokens=0.01")
    assert "minilm-l6-v2@1 (embedding, 256 tokens, 384 dimensions)" in added.output, added.output
    assert "embedding_tokens 0.01 per 1,000,000" in run(home, "models", "list").output
    assert run(home, "models", "remove", "minilm-l6-v2").exit_code == 0
    assert "withdrawn" in run(home, "models", "list").output


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"\x80\x04evil", "model.gguf", "is a pickle"),
        (b"PK\x03\x04zip", "model.onnx", "is a pickle"),
        (b"nothing", "model.gguf", "is it whole?"),
        (b"text", "model.bin", "is a pickle"),
        (b"text", "model.txt", "no model that is known"),
    ],
)
def test_a_file_that_is_no_model_is_refused_with_a_sentence(
    home: Path, tmp_path: Path, content: bytes, name: str, sentence: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    done = run(home, "models", "add", str(path), "--licence", "MIT", "--price", "input_tokens=0")
    assert done.exit_code == 1
    assert sentence in done.output


def test_a_price_is_needed_and_must_be_one(home: Path, tmp_path: Path) -> None:
    assert "no meter" in run(home, "models", "add", "x", "--price", "words=1").output
    assert "at most nine decimals" in run(home, "models", "add", "x", "--price", "input_tokens=1/3").output
    assert "neither a file nor an installed model" in run(home, "models", "add", "x").output


def test_a_model_is_pulled_from_a_hub_with_its_licence_and_its_base(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_hub() as (hub, address):
        monkeypatch.setenv("ENTREPOT_CLOUD__HUB", address)
        hub.files = {"model.safetensors": tiny.table(tmp_path).read_bytes(), "tokenizer.json": tiny.tokenizer()}
        hub.base = "maker/base"
        pulled = run(home, "models", "pull", "maker/model")
        assert "model@1 (embedding, 512 tokens, 4 dimensions) is a draft" in pulled.output, pulled.output
        assert not (home / "incoming").exists() or not list((home / "incoming").rglob("*.safetensors"))
    assert "no price yet" in run(home, "models", "publish", "model").output
    assert run(home, "bill", "price", "model", "--price", "embedding_tokens=0.01").exit_code == 0
    assert "model@1 answers at /v1" in run(home, "models", "publish", "model").output
    with app.opened(home) as entrepot:
        model = entrepot.database.read_now(lambda s: cloud.find_live(s, "model"))
        assert model is not None
        assert (model.licence.name, model.base, model.source) == ("MIT", "maker/base", f"maker/model@{COMMIT}")


def test_what_a_model_is_for_is_found_out_where_nobody_says_it(home: Path, tmp_path: Path) -> None:
    if not tiny.is_installed("onnxruntime"):
        pytest.skip("onnxruntime is not installed: run `make models`")
    words = tmp_path / "words.json"
    words.write_bytes(tiny.tokenizer(pairs=True))
    given = ("models", "add", str(tiny.cross_encoder(tmp_path)), "--tokenizer", str(words), "--licence", "MIT")
    assert "Say what it costs" in run(home, *given).output
    assert "rerank_tokens" in run(home, *given, "--price", "embedding_tokens=1").output
    assert "cross@1 (rerank, 512 tokens) answers" in run(home, *given, "--price", "rerank_tokens=1").output


def test_without_a_network_pulling_says_what_needs_none(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENTREPOT_CLOUD__HUB", "http://127.0.0.1:9")
    done = run(home, "models", "pull", "maker/model")
    assert done.exit_code == 1
    assert "is there a network? Models of installed packages need none" in done.output
    assert "Installed:" in run(home, "models", "pull", "no-such-model").output


def test_the_shops_own_small_model_can_be_pulled_as_files(home: Path) -> None:
    pulled = run(home, "models", "pull", cloud.MODEL, "--price", "embedding_tokens=0", "--name", "words")
    assert "words@1 (embedding, 512 tokens, 256 dimensions) answers" in pulled.output, pulled.output


def test_a_model_of_a_server_elsewhere_is_added_by_its_place(home: Path) -> None:
    words = ("models", "add", "upstream:big/their-model", "--licence", "MIT", "--price", "input_tokens=1", "--price",
             "output_tokens=2")  # fmt: skip
    assert "--kind" in run(home, *words).output
    added = run(home, *words, "--kind", "chat", "--context", "8000")
    assert "their-model@1 (chat, 8,000 tokens) answers" in added.output, added.output


def test_a_key_is_made_for_an_organisation_listed_and_ended(home: Path) -> None:
    with app.opened(home) as entrepot:
        cast = invite(entrepot.database)
    made = CliRunner().invoke(main, ["--home", str(home), "keys", "create", "Chen Compute", "--name", "ci"])
    secret = made.stdout.strip()
    assert secret.startswith("ent_")
    listed = run(home, "keys", "list", str(cast.chen.organisation)).output
    assert secret[-4:] in listed
    assert secret not in listed
    key_id = listed.split()[0]
    assert run(home, "keys", "revoke", key_id).exit_code == 0
    assert "revoked" in run(home, "keys", "list", "Chen Compute").output
    with app.opened(home) as entrepot:
        assert entrepot.database.read_now(lambda s: identity.find_key(s, Secret(secret))) is None
    assert "no organisation" in run(home, "keys", "create", "Nobody").output
    assert "no key" in run(home, "keys", "revoke", "key_nothing").output
