"""Stage `train`: a version in the run's folder."""

from pathlib import Path

from training.inference.making_ready import ready_to_serve
from training.pipeline import prepare, run_prepared, save
from training.reporting import run_files
from training.resume.opening import kept_states
from training.retraining.order import Order
from training.retraining.plan import Plan
from training.retraining.work import RunFolder


def train(order: Order, plan: Plan, run: RunFolder) -> Path:
    """The version that the run has trained; a training that was killed goes on where it was.

    Raises:
        DataError: a value breaks a rule.
        TrainingError: the training cannot go on.
    """
    found = run.candidate()
    if found is not None:
        return found
    config, console = plan.config(order.config), order.console
    parent = order.registry.place_of(plan.champion) if plan.start == "champion" and plan.champion else None
    prepared = prepare(config, console, parent)
    with kept_states(prepared, console, fresh=False) as keeping:
        finished = run_prepared(prepared, console, (), keeping)
        ready = ready_to_serve(finished.prepared, finished.trained.predictor, console)
        version = save(finished, run.candidates, run_files(finished, order.config_text, ready.precisions), ready)
        keeping.remove()
    return version
