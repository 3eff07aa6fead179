"""Probing what a stranger sends: in a process of its own, with bounds on time, memory and what it may write.

Libraries that read models are large, and a file made to break one of them must break nothing else. So a maker's file is
first loaded by a child that is thrown away; what it finds out comes back as a line of JSON.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec

from entrepot.kernel import Blobs, Invalid, Refused

from .capabilities import Capabilities
from .files import probe
from .registry import ModelDraft

SECONDS_MAX = 180
MEMORY_MAX = 8 << 30
OUTPUT_MAX = 1 << 20
CHILD = "from entrepot.cloud.probing import main; main()"


class Order(msgspec.Struct, frozen=True):
    """What the child is to load: blobs of this folder, with so many tokens to look at."""

    folder: str
    draft: ModelDraft
    context: int


class Told(msgspec.Struct, frozen=True):
    """What it found out, or the sentence why not."""

    known: Capabilities | None = None
    sentence: str = ""


def probe_apart(folder: Path, draft: ModelDraft, context: int) -> Capabilities:
    """The same as `probe`, in a process of its own. Invalid when a model cannot be loaded, or breaks what loads it."""
    order = msgspec.json.encode(Order(str(folder), draft, context))
    try:
        done = subprocess.run(
            [sys.executable, "-c", CHILD], input=order, capture_output=True, timeout=SECONDS_MAX,
            check=False,
        )  # fmt: skip
        told = msgspec.json.decode(done.stdout.splitlines()[-1], type=Told)
    except subprocess.TimeoutExpired:
        raise Invalid(f"{draft.name} takes more than {SECONDS_MAX} s to load: it cannot be served here") from None
    except (IndexError, msgspec.DecodeError):
        raise Invalid(f"{draft.name} cannot be served: what loads it broke on its files") from None
    if told.known is None:
        raise Invalid(told.sentence)
    return told.known


def main() -> None:
    """The child: an order on standard input, a line on standard output."""
    _bound()
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    try:
        told = Told(probe(Blobs(Path(order.folder)), order.draft, order.context))
    except Refused as refusal:
        told = Told(sentence=refusal.sentence)
    sys.stdout.buffer.write(b"\n" + msgspec.json.encode(told) + b"\n")


def _bound() -> None:
    try:
        import resource
    except ImportError:  # not on every system: there only the time is bounded
        return
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_MAX),
        (resource.RLIMIT_FSIZE, OUTPUT_MAX),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
