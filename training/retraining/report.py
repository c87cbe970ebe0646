"""Stage `report`: the outcome as a page and as numbers. With them a run is over."""

import shutil
from collections.abc import Mapping
from datetime import UTC, datetime

from models.atomic import whole_file
from models.manifest import read_manifest
from training.retraining.order import Order
from training.retraining.outcome import RetrainOutcome
from training.retraining.page import render_page
from training.retraining.verdict import Verdict
from training.retraining.work import OUTCOME, REPORT, RunFolder
from training.tracking.telling import tell_outcome


def report(
    order: Order, run: RunFolder, verdict: Verdict, pruned: tuple[str, ...], seconds: Mapping[str, float]
) -> RetrainOutcome:
    """Write the page, then the outcome; what is no longer needed goes."""
    outcome = outcome_of(order, run, verdict, pruned, seconds)
    with whole_file(run.path / REPORT) as beside:
        beside.write_text(render_page(order.config.name, outcome), encoding="utf-8")
    _tell_tracker(order, run, outcome)
    run.keep(OUTCOME, outcome)
    if verdict.promotes:
        shutil.rmtree(run.candidates, ignore_errors=True)  # the registry has it
    order.work.prune(order.settings.keep_runs, order.settings.keep, run.name)
    return outcome


def _tell_tracker(order: Order, run: RunFolder, outcome: RetrainOutcome) -> None:
    """Tell the tracker, if there is one. Of rows that were held before there was a candidate it hears nothing."""
    version = run.candidate()
    if version is not None:
        place = order.registry.place_of(version.name) if outcome.decision == "promoted" else str(version)
        tell_outcome(order.config.tracking, outcome, read_manifest(version), place, order.console)


def outcome_of(
    order: Order, run: RunFolder, verdict: Verdict, pruned: tuple[str, ...], seconds: Mapping[str, float]
) -> RetrainOutcome:
    """All that a run came to."""
    plan, judgement = verdict.plan, verdict.judgement
    return order.with_run(
        plan,
        "promoted" if verdict.promotes else "held",
        verdict.why,
        candidate=judgement.candidate if judgement else None,
        checks=verdict.checks,
        gates=verdict.gates,
        measures=judgement.measures if judgement else (),
        pruned=pruned,
        began_at=plan.began_at,
        ended_at=datetime.now(UTC),
        seconds=dict(seconds),
        report=str(run.path / REPORT),
    )
