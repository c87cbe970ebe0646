"""What a run would do: finds and checks, and writes nothing."""

from training.retraining.check import check
from training.retraining.find import NothingNew, find
from training.retraining.observation import failed
from training.retraining.order import Order
from training.retraining.outcome import RetrainOutcome
from training.retraining.sentence import between, held_because


def dry_run(order: Order) -> RetrainOutcome:
    """The outcome as far as it can be told without training."""
    plan = find(order)
    if isinstance(plan, NothingNew):
        return order.without_run("nothing_new", plan.why)
    checks = check(order, plan).observations
    against = f"judged on {between(plan.test)} against {plan.champion or 'no champion'}"
    would = f"would train from {plan.start} on {between(plan.train)}, to be {against}"
    notes, held = (*plan.notes, f"gates: {_gates(order)}"), bool(failed(checks))
    why = held_because(checks) if held else would
    return order.with_run(plan, "held" if held else "would_train", why, checks=checks, notes=notes)


def _gates(order: Order) -> str:
    """The settings of the gates that a candidate would have to pass."""
    return ", ".join(f"{name} = {value}" for name, value in order.settings.gates.model_dump().items())
