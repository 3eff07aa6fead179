"""Teaching the order of results from the command line."""

from __future__ import annotations

from pathlib import Path

import click

from entrepot import cloud, discovery
from entrepot.app import opened
from entrepot.discovery import FOLDS, Measure
from entrepot.identity import Scope
from entrepot.kernel import Unavailable

from .progress import Bar


def train_ranker(home: Path, judgments: Path, *, keep: bool, use: bool) -> None:
    """Train on a file of ratings, say how it did, and keep it."""
    judged = discovery.read_judgments(judgments)
    with opened(home) as entrepot:
        entrepot.open_index()
        steps = len(judged.ratings) + FOLDS + 1
        with Bar("Training", steps) as bar:
            examples = discovery.collect_examples(entrepot.database, entrepot.searcher, judged.ratings, bar.more)
            encoder = entrepot.indexer.index.current.made_by
            trained = discovery.train_ranker(examples, judged.ratings, encoder, bar.more)
        _say(trained.before, trained.after)
        if not keep:
            click.echo(f"Nothing is kept. It would {'' if trained.decision.passed else 'not '}be used: "
                       f"{trained.decision.reason}.")  # fmt: skip
            return
        learned = discovery.keep_ranker(entrepot.database, entrepot.blobs, Scope.system(), trained, judged, use=use)
    state = "used from now on" if learned.used else "kept and not used"
    click.echo(f"{learned.id} is {state}: {learned.draft.reason}.")


def use_ranker(home: Path, learned_id: str | None) -> None:
    """Let another ranker judge results, or the prior."""
    with opened(home) as entrepot:
        entrepot.open_index()
        encoder = entrepot.indexer.index.current.made_by
        entrepot.database.write_now(lambda tx: discovery.use_learned(tx, Scope.system(), "ranker", encoder, learned_id))
    click.echo(f"{learned_id or 'The prior'} judges results from now on.")


def train_encoder(home: Path, judgments: Path, *, use: bool) -> None:
    """Tune the encoder as a job, here and now, and say what came of it."""
    judged = discovery.read_judgments(judgments)
    with opened(home) as entrepot:
        entrepot.open_index()
        sha256 = discovery.keep_ratings(entrepot.blobs, judged)
        scope = Scope.system()
        job_id = entrepot.database.write_now(lambda tx: discovery.request_tuning(tx, scope, sha256, use=use))
        click.echo(f"{job_id}: tuning the encoder")
        entrepot.rest()
        job = entrepot.database.read_now(lambda snapshot: cloud.get_job(snapshot, scope, job_id))
        kept = entrepot.database.read_now(lambda snapshot: discovery.list_learned(snapshot, scope, "encoder"))
    if job.state != "done" or not kept:
        raise Unavailable(f"The job is {job.state}: {job.error or 'a server of this home does it'}")
    state = "used from now on: the index is built anew" if kept[0].used else "kept and not used"
    click.echo(f"{kept[0].id} is {state}: {kept[0].draft.reason}.")


def use_encoder(home: Path, learned_id: str | None) -> None:
    """Let other weights of the encoder serve, or none."""
    with opened(home) as entrepot:
        name = entrepot.settings.discovery.encoder
        entrepot.database.write_now(lambda tx: discovery.use_learned(tx, Scope.system(), "encoder", name, learned_id))
    click.echo(f"The index is built anew with {learned_id or 'the encoder untuned'}.")


def list_rankers(home: Path) -> None:
    """Every ranker that was trained, the newest first."""
    with opened(home) as entrepot:
        kept = entrepot.database.read_now(lambda snapshot: discovery.list_learned(snapshot, Scope.system(), "ranker"))
    for each in kept:
        click.echo(f"{each.id}  {'used' if each.used else '    '}  {each.draft.encoder}  {each.draft.reason}")
    if not kept:
        click.echo("No ranker was trained yet: results are judged by the prior.")


def _say(before: dict[str, Measure], after: dict[str, Measure]) -> None:
    for name, measured in after.items():
        compared = measured.compared
        told = f"  {name}: NDCG@{measured.k} {before[name].ndcg:.4f} -> {measured.ndcg:.4f}"
        if compared is not None:
            told += f" ({compared.low:+.4f} to {compared.high:+.4f}), {compared.worse:.0%} of queries worse"
        click.echo(told)
