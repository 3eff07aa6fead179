"""Looking a home over from outside: settings, disk, files, database, server, mail, and what waits for somebody."""

from __future__ import annotations

import os
import shutil
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import httpx
import msgspec

from entrepot import orders
from entrepot.app import open_database, require_home
from entrepot.identity import MailerKind, Scope
from entrepot.kernel import Refused, Snapshot, list_failed_reactions, list_stuck_tasks, read_backlog
from entrepot.pay import reconciliation
from entrepot.settings import FILE, Settings, read_settings

SPACE_LITTLE, SPACE_NONE = 5 << 30, 500 << 20
"""Bytes: from the first on the morning will do, from the second on orders are about to be refused."""
WAITING_S_MAX = 120
ANSWER_S_MAX = 3.0


class Finding(msgspec.Struct, frozen=True):
    """What one look told: all is `well`, somebody should `look`, or it is `ill`."""

    state: Literal["well", "look", "ill"]
    about: str
    sentence: str


def examine(home: Path) -> Iterator[Finding]:
    """Every finding, the ground first: what stands on something that is ill is not looked at."""
    try:
        settings = read_settings(home, os.environ)
        require_home(home, os.environ)
    except Refused as refusal:
        yield Finding("ill", "settings" if home.is_dir() else "home", refusal.sentence)
        return
    yield Finding("well", "settings", "every setting can be used (`entrepot settings --set` shows those that you set)")
    yield _space(home)
    yield from _files(home)
    serves = _server(settings)
    yield serves
    yield from _rows(home, is_served=serves.state == "well")
    yield from _tools(settings)
    if settings.identity.mailer is MailerKind.SMTP:
        yield _mail(settings)
    if settings.serve.public_url:
        yield from _open_to_people(settings)


def _space(home: Path) -> Finding:
    free = shutil.disk_usage(home).free
    state: Literal["well", "look", "ill"] = "ill" if free < SPACE_NONE else "look" if free < SPACE_LITTLE else "well"
    advice = "" if state == "well" else ": free some; a full disk refuses orders, and loses none"
    return Finding(state, "disk", f"{free / 1e9:,.1f} GB are free where {home} lies{advice}")


def _files(home: Path) -> Iterator[Finding]:
    """What others on this machine could read."""
    is_open = home.stat().st_mode & stat.S_IROTH
    exposed = [name for name in ("secret.key", FILE, "entrepot.db") if _is_for_all(home / name)] if is_open else []
    if exposed:
        names = " and ".join(exposed)
        yield Finding("look", "files", f"anybody on this machine can read {names}: `chmod -R o-rwx {home}`")
    else:
        yield Finding("well", "files", f"{home} is read by its owner and group only")


def _is_for_all(path: Path) -> bool:
    return path.exists() and bool(path.stat().st_mode & stat.S_IROTH)


def _server(settings: Settings) -> Finding:
    """Whether the market is served where the settings say."""
    serve = settings.serve
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(serve.host, serve.host)
    address = f"http://{host}:{serve.port}/readyz"
    named = {"host": serve.allowed_hosts[0]} if serve.allowed_hosts else {}
    try:
        answer = httpx.get(address, headers=named, timeout=ANSWER_S_MAX, trust_env=False)
    except httpx.HTTPError as error:
        return Finding(
            "ill", "server", f"nothing answers at {address} ({type(error).__name__}): start `entrepot serve`"
        )
    if answer.status_code != 200:
        return Finding("ill", "server", f"{address} answers {answer.status_code}: read its log; another program?")
    return Finding("well", "server", f"{address} answers in {answer.elapsed.total_seconds() * 1000:.0f} ms")


def _rows(home: Path, *, is_served: bool) -> Iterator[Finding]:
    try:
        with open_database(home) as database:
            yield Finding("well", "database", f"{database.dialect} answers, and has this program's tables")
            yield database.read_now(lambda snapshot: _behind(snapshot, is_served))
            yield from database.read_now(lambda snapshot: list(_waiting(snapshot)))
    except Refused as refusal:
        yield Finding("ill", "database", refusal.sentence)


def _behind(snapshot: Snapshot, is_served: bool) -> Finding:
    backlog = read_backlog(snapshot)
    waits_s = max(backlog.events_age, backlog.tasks_age) / 1e6
    told = f"{backlog.events:,} events and {backlog.tasks:,} tasks wait, the oldest for {waits_s:,.0f} s"
    if waits_s <= WAITING_S_MAX:
        return Finding("well", "work", told)
    why = "the server does not keep up: read its log" if is_served else "a server that runs does them"
    return Finding("ill" if is_served else "look", "work", f"{told}: {why}")


def _waiting(snapshot: Snapshot) -> Iterator[Finding]:
    """What a person must look at."""
    reactions, tasks = list_failed_reactions(snapshot), list_stuck_tasks(snapshot)
    for each in reactions[:1]:
        yield Finding("look", "failed", f"{len(reactions)} reactions, first {each.handler}: {each.error}. "
                      "They are tried again; see /operator/failures")  # fmt: skip
    for task in tasks[:1]:
        yield Finding("look", "failed", f"{len(tasks)} tasks gave up, first {task.kind}: {task.error}. "
                      "Try them again at /operator/failures")  # fmt: skip
    if overdue := orders.list_overdue(snapshot):
        yield Finding("ill", "money", f"of {len(overdue)} orders the money waits for longer than its rule: "
                      "see /operator/desk, and run `entrepot verify`")  # fmt: skip
    breaks, _ = reconciliation.count_breaks(snapshot, Scope.system())
    if breaks:
        yield Finding("look", "money", f"{breaks} lines of files do not agree with the ledger: "
                      "see /operator/reconciliation")  # fmt: skip


def _tools(settings: Settings) -> Iterator[Finding]:
    if settings.database.url and shutil.which("pg_dump") is None:
        yield Finding("look", "backup", "pg_dump is not installed here: `entrepot backup` needs PostgreSQL's client")


def _mail(settings: Settings) -> Finding:
    host, port = settings.identity.smtp_host, settings.identity.smtp_port
    try:
        socket.create_connection((host, port), ANSWER_S_MAX).close()
    except OSError as error:
        return Finding("ill", "mail", f"{host}:{port} does not answer ({error.strerror or error}): mails wait, and "
                       "are tried again")  # fmt: skip
    return Finding("well", "mail", f"{host}:{port} answers")


def _open_to_people(settings: Settings) -> Iterator[Finding]:
    """What is for trying only, in a market that has an address."""
    serve, identity = settings.serve, settings.identity
    doubts = {
        "serve.public_url is not https: passwords and cookies travel in the open": not serve.public_url.startswith(
            "https://"
        ),
        "serve.allowed_hosts is empty: any host name is answered": not serve.allowed_hosts,
        'identity.mailer is "file": nobody gets their mails, they lie in mail/': identity.mailer is MailerKind.FILE,
        'pay.processors has "sandbox": goods can be bought without money': "sandbox" in settings.pay.processors,
        "serve.rate_limits is false: passwords can be guessed faster": not serve.rate_limits,
        "identity.webhooks_to_loopback is true: webhooks reach this machine": identity.webhooks_to_loopback,
    }
    yield from (Finding("look", "settings", sentence) for sentence, holds in doubts.items() if holds)
