"""A retraining from beginning to end: the stages, and which of them follows which."""

from training.retraining.check import check
from training.retraining.evaluate import evaluate
from training.retraining.find import NothingNew, find
from training.retraining.gate import gate
from training.retraining.journal import Journal
from training.retraining.judgement import Checked, Judgement
from training.retraining.lock import AlreadyRunning, locked
from training.retraining.observation import Observation, failed
from training.retraining.order import Order
from training.retraining.outcome import RetrainOutcome
from training.retraining.plan import Plan
from training.retraining.prune import prune
from training.retraining.publish import hold, promote, publish
from training.retraining.report import report
from training.retraining.stage import Stage
from training.retraining.train import train
from training.retraining.verdict import Verdict
from training.retraining.work import CHECKS, JUDGEMENT, LOCK, PLAN, RunFolder


def retrain(order: Order) -> RetrainOutcome:
    """Make a run, or go on with one that was killed.

    Raises:
        ThreefoldError: something that the user can mend, after which the same command goes on.
    """
    journal = Journal(order.work)
    try:
        with locked(order.work.path / LOCK):
            return _retrained(order, journal)
    except AlreadyRunning as holder:
        why = f"one retraining at a time works in {order.work.path}; found {holder}"
        return order.without_run("running", why)


def _retrained(order: Order, journal: Journal) -> RetrainOutcome:
    """All stages in their order; each result is kept, so that it is not made twice."""
    with journal.stage(Stage.FIND):
        plan = find(order)
    if isinstance(plan, NothingNew):
        return order.without_run("nothing_new", plan.why)
    run = order.work.run(plan.run)
    plan = run.kept(PLAN, plan)
    journal.begin(run)
    verdict = Verdict(plan, *_seen(order, plan, run, journal))
    _told(order, run, verdict, journal)
    with journal.stage(Stage.PRUNE):
        pruned = prune(order)
    with journal.stage(Stage.REPORT):
        return report(order, run, verdict, pruned, journal.seconds)


def _seen(
    order: Order, plan: Plan, run: RunFolder, journal: Journal
) -> tuple[tuple[Observation, ...], Judgement | None]:
    """What is to be said of the new rows and, unless they are held, of a candidate trained on them."""
    checked = run.read(CHECKS, Checked)
    if checked is None:
        with journal.stage(Stage.CHECK):
            checked = run.kept(CHECKS, check(order, plan))
    if failed(checked.observations):
        return checked.observations, None
    judgement = run.read(JUDGEMENT, Judgement)
    if judgement is None:
        with journal.stage(Stage.TRAIN):
            version = train(order, plan, run)
        with journal.stage(Stage.EVALUATE):
            evaluated = evaluate(order, plan, version)
        with journal.stage(Stage.GATE):
            judgement = run.kept(JUDGEMENT, gate(order, plan, version.name, evaluated))
    return checked.observations, judgement


def _told(order: Order, run: RunFolder, verdict: Verdict, journal: Journal) -> None:
    """Let the registry know."""
    plan, version = verdict.plan, run.candidate()
    if not verdict.promotes:
        with journal.stage(Stage.HOLD):
            hold(order, plan, run, verdict.why)
        return
    assert version is not None, "a candidate is removed when its run is over"
    with journal.stage(Stage.PUBLISH):
        name = publish(order, plan, version)
    with journal.stage(Stage.PROMOTE):
        promote(order, plan, name, verdict.why)
