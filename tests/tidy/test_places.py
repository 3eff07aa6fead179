"""The project speaks of itself alone: no registry's address, no path of the machine it was written on."""

import pytest

from tests.tidy.tree import ROOT, project_files, short, text_of

# Put together here, so that this file passes its own test.
REGISTRIES = [
    "pypi" + ".org",
    "files.python" + "hosted.org",
    "registry.npm" + "js.org",
    "deb.deb" + "ian.org",
    "download.py" + "torch.org",
]
PATHS = ["/" + "work/", "/" + "root/", "/opt/" + "pypi", "/opt/" + "wheels"]


@pytest.mark.parametrize("words", [REGISTRIES, PATHS], ids=["registry", "path"])
def test_no_file_names_a_foreign_place(words: list[str]) -> None:
    found = [f"{short(path)}: {word}" for path in project_files() for word in words if word in (text_of(path) or "")]
    assert found == []


def test_no_file_carries_the_path_of_this_checkout() -> None:
    here = f"{ROOT}/"
    assert [short(path) for path in project_files() if here in (text_of(path) or "")] == []


def test_no_lock_that_carries_addresses_is_kept() -> None:
    assert [short(path) for path in project_files() if path.name in {"uv.lock", "pylock.toml", "poetry.lock"}] == []
