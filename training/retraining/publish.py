"""Stages `publish`, `promote` and `hold`: the registry learns what became of a candidate, once."""

from pathlib import Path

from models.registry.who import who_asks
from training.retraining.history import concluded, marked
from training.retraining.order import Order
from training.retraining.plan import Plan
from training.retraining.work import RunFolder


def publish(order: Order, plan: Plan, version: Path) -> str:
    """Copy the candidate to the registry; one that is there already is left as it is."""
    return order.registry.publish(version, who_asks(), marked("passed", plan.run))


def promote(order: Order, plan: Plan, version: str, why: str) -> None:
    """Let the channel point at the candidate, unless this run did so before.

    Raises:
        RegistryError: the channel's champion is not the one any more that the candidate was judged against.
    """
    if plan.run not in concluded(order.registry):
        channel, why = order.settings.channel, marked(why, plan.run)
        order.registry.promote(version, channel, who=who_asks(), why=why, expected=plan.champion)


def hold(order: Order, plan: Plan, run: RunFolder, why: str) -> None:
    """Put on record that the candidate was held, unless this run did so before.

    A held candidate is not published: whoever takes the newest version of a folder would serve it. Where rows were
    held before there was a candidate, the record has the run's name in its place.
    """
    if plan.run not in concluded(order.registry):
        candidate = run.candidate()
        name = candidate.name if candidate is not None else plan.run
        order.registry.hold(name, who=who_asks(), why=marked(why, plan.run), channel=order.settings.channel)
