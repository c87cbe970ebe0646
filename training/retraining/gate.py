"""Stage `gate`: what the gates say of the candidate."""

from training.retraining.evaluate import Evaluated
from training.retraining.gates.judge import judge
from training.retraining.judgement import Judgement
from training.retraining.observation import Observation
from training.retraining.order import Order
from training.retraining.plan import Plan


def gate(order: Order, plan: Plan, version: str, evaluated: Evaluated) -> Judgement:
    """All observations of the candidate; a first one may have to wait for a person."""
    observations = [evaluated.loads]
    if evaluated.candidate is not None:
        settings, group_by = order.settings.gates, order.config.evaluation.group_by
        observations += judge(evaluated.candidate, evaluated.champion, settings, group_by)
    if plan.champion is None:
        observations.append(_first(order))
    return Judgement(candidate=version, observations=tuple(observations), measures=evaluated.measures)


def _first(order: Order) -> Observation:
    """Whether a candidate may serve that nothing could be compared with."""
    passed = order.settings.first == "promote"
    reason = f'channel {order.settings.channel} has no champion, and [retrain] first = "{order.settings.first}"' + (
        "" if passed else ": publish and promote it by hand"
    )
    return Observation.of("first", None, 1, 1 if passed else 0, passed, reason)
