"""Processes by name, and what one that died left behind: its leases and tasks are free at once, not when they run out.

So a market that was killed goes on with the first second of its next start. A name that is taken for dead by mistake
does no harm: leases have fences, and a task settles once.
"""

from __future__ import annotations

import os
import secrets
import socket
import sys
from typing import Any

from sqlalchemy import bindparam, select, update

from . import tables
from .sql import Prepared, in_set, prepare
from .tx import Tx


def process_name() -> str:
    """A name for this process that no other has: its machine, its number and a random end."""
    return f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"


def is_dead(name: str) -> bool:
    """Whether the process of this name surely runs no more; of another machine's nobody here can tell."""
    host, _, rest = name.rpartition("/")[0].rpartition("/")
    if host != socket.gethostname() or not rest.isdecimal() or sys.platform == "win32":
        return False
    if int(rest) == os.getpid():  # a container starts again under the same number
        return True
    try:
        os.kill(int(rest), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def free_from_the_dead(tx: Tx) -> list[str]:
    """Let go of what processes of this machine held that died without letting go; returns their names.

    Called as a process starts, before it holds anything itself.
    """
    holders = {row.holder for row in tx.all(_holders, now=tx.now)} | {row.worker for row in tx.all(_workers)}
    dead = sorted(name for name in holders if is_dead(name))
    if dead:
        tx.run(_free_leases, names=dead, now_=tx.now)
        tx.run(_free_tasks, names=dead, now_=tx.now)
        tx.enqueued = True
    return dead


_l, _t = tables.leases.c, tables.tasks.c
_holders: Prepared[Any] = prepare(select(_l.holder).where(_l.until_at > bindparam("now")))
_workers: Prepared[Any] = prepare(select(_t.worker).distinct().where(_t.state == "running"))
_free_leases: Prepared[Any] = prepare(
    update(tables.leases).where(in_set(_l.holder, "names")).values(until_at=bindparam("now_"))
)
_free_tasks: Prepared[Any] = prepare(
    update(tables.tasks).where(in_set(_t.worker, "names"), _t.state == "running").values(leased_until=bindparam("now_"))
)
