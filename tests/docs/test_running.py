"""docs/running.md: its settings are taken as they stand, its measures are those that are told, its wrapper wraps."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.web.conftest import answering, opened, visited

from entrepot import identity
from entrepot.settings import read_settings
from entrepot.web.policy import Policy

TEXT = (Path(__file__).parents[2] / "docs" / "running.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", TEXT, re.DOTALL)


def block(language: str, sign: str) -> str:
    [found] = [text for kind, text in BLOCKS if kind == language and sign in text]
    return found


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with ExitStack() as stack:
        entrepot = stack.enter_context(opened(tmp_path_factory.mktemp("home")))
        visitor = stack.enter_context(visited(stack.enter_context(answering(entrepot))))()
        visitor.get("/")
        yield visitor.get("/metrics").text


def test_the_settings_and_the_secrets_are_taken_as_they_stand(tmp_path: Path) -> None:
    (tmp_path / "entrepot.toml").write_text(block("toml", "public_url"))
    secrets = block("sh", "DATABASE_URL=")
    given = dict(line.split("=", 1) for line in secrets.splitlines())
    settings = read_settings(tmp_path, {name: value.strip("'") for name, value in given.items()})
    assert [each.reveal() for each in settings.pay.stripe_webhook_secrets] == ["whsec_KEY"]
    assert settings.identity.mailer is identity.MailerKind.SMTP
    by_shell = subprocess.run(
        ["sh", "-c", f"set -a\n{secrets}\nenv"], capture_output=True, text=True, check=True, env={}
    ).stdout  # fmt: skip
    assert {f"{name}={value.strip(chr(39))}" for name, value in given.items()} <= set(by_shell.splitlines())


def test_monitoring_on_this_machine_is_answered() -> None:
    serve = tomllib.loads(block("toml", "public_url"))["serve"]
    policy = Policy(serve["public_url"], tuple(serve["allowed_hosts"]))
    assert policy.answers("127.0.0.1:8000")
    assert policy.answers("shop.example")
    assert not policy.answers("evil.example")


def test_the_supervisor_waits_longer_than_a_stop_takes(tmp_path: Path) -> None:
    [waits_s] = re.findall(r"^TimeoutStopSec=(\d+)$", block("ini", "ExecStart"), re.MULTILINE)
    assert int(waits_s) > read_settings(tmp_path, {}).serve.stop_s


def test_the_one_word_for_commands_hands_on_what_is_said(tmp_path: Path) -> None:
    script = block("sh", "exec runuser").replace("/etc/entrepot.env", f"{tmp_path}/env")
    script = script.replace("/srv/entrepot/.venv/bin/entrepot", f"{tmp_path}/entrepot")
    for name, content in (("runuser", 'shift 3; exec "$@"'), ("entrepot", 'echo "$SET"; printf "<%s>" "$@"')):
        (tmp_path / name).write_text(f"#!/bin/sh\n{content}\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "env").write_text("SET='yes'\n")
    environ = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    words = ["sh", "-c", script, "market", "keys", "list", "Chen Compute"]
    said = subprocess.run(words, capture_output=True, text=True, check=True, env=environ).stdout
    assert said == "yes\n<--home></srv/market><keys><list><Chen Compute>"


def test_every_measure_is_named_and_alerts_ask_for_measures(told: str) -> None:
    families = {name for name in re.findall(r"^# TYPE (entrepot_\w+)", told, re.MULTILINE)
                if not name.endswith("_created")}  # fmt: skip
    assert len(families) > 12
    assert [name for name in sorted(families) if name not in TEXT] == []
    asked = set(re.findall(r"entrepot_\w+", block("yaml", "alert:")))
    samples = families | {f"{name}_bucket" for name in families}
    assert asked
    assert asked <= samples


def test_lines_of_cron_run_commands_that_there_are() -> None:
    path, *lines = block("cron", "market").splitlines()
    assert {"/usr/local/bin", "/usr/sbin"} <= set(path.removeprefix("PATH=").split(":")), "of market, and of runuser"
    assert [shlex.split(line, comments=False)[6:8] for line in lines[:2]] == [
        ["market", "backup"],
        ["market", "verify"],
    ]
