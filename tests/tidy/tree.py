"""The files of this project: those that git tracks, or would if asked now."""

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@cache
def project_files() -> tuple[Path, ...]:
    """Every file that is neither ignored nor deleted; outside a git work tree the sources and tests alone."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode == 0:
        found = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    else:
        found = [
            path for top in ("src", "tests") for path in (ROOT / top).rglob("*") if "__pycache__" not in path.parts
        ]
    return tuple(sorted(path for path in found if path.is_file()))


def text_of(path: Path) -> str | None:
    """What a file says, or None when it is a picture or the like."""
    data = path.read_bytes()
    return None if b"\0" in data else data.decode("utf-8", errors="replace")


GENERATED = ROOT / "src" / "entrepot" / "migrations" / "versions"
"""Written by a command from the rooms' tables; nobody reads it from top to bottom."""


def modules() -> list[Path]:
    """The Python files of the package, without generated ones."""
    files = [path for path in project_files() if path.suffix == ".py" and path.is_relative_to(ROOT / "src")]
    return [path for path in files if not path.is_relative_to(GENERATED)]


def short(path: Path) -> str:
    """A path as a person writes it."""
    return str(path.relative_to(ROOT))
