"""`entrepot train images`: what is learned is used, said, and forgotten again."""

from pathlib import Path

from click.testing import CliRunner, Result

from entrepot.app import open_home
from entrepot.cli import main
from tests.discovery.test_pictures import as_file, drawn


def run(home: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["--home", str(home), "train", "images", *words])


def test_photographs_teach_and_are_forgotten(tmp_path: Path) -> None:
    home, photos = tmp_path / "home", tmp_path / "photos"
    open_home(home).close()
    for kind in range(3):
        (photos / f"kind {kind}").mkdir(parents=True)
        for seed in range(9):
            (photos / f"kind {kind}" / f"{seed}.png").write_bytes(as_file(drawn(kind, seed)))
    (photos / "kind 0" / "torn.jpg").write_bytes(b"\xff\xd8\xff")
    taught = run(home, "--photos", str(photos))
    assert taught.exit_code == 0, taught.output
    assert "27 photographs of 3 things" in taught.output
    assert "torn.jpg is no picture" in taught.output
    assert "is used as soon as it has seen" in taught.output or "nothing changed" in taught.output
    forgotten = run(home, "--forget")
    assert forgotten.exit_code == 0, forgotten.output
    assert "What photographs taught is forgotten" in forgotten.output


def test_what_teaches_nothing_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "photos" / "one").mkdir(parents=True)
    open_home(tmp_path / "home").close()
    for words in ((), ("--photos", str(tmp_path / "photos"), "--forget")):
        assert run(tmp_path / "home", *words).exit_code == 2
    empty = run(tmp_path / "home", "--photos", str(tmp_path / "photos"))
    assert empty.exit_code == 1
    assert "Traceback" not in empty.output
