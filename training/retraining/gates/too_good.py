"""A loss that falls far at once is a leaked label rather than a better model."""

from training.retraining.gates.config import GatesConfig
from training.retraining.gates.heads import Head
from training.retraining.observation import Observation


def too_good_gate(head: Head, config: GatesConfig) -> Observation:
    """Held where the loss is shown to have fallen by more than the limit; observed is the fall that is sure."""
    limit, found = config.max_gain_of_ne, head.loss_difference
    if found is None:
        reason = head.too_few or "no head of the champion to compare"
        return Observation.passing("too_good", head.task.name, limit, reason)
    gain = -found.high
    what = "a label that leaked into a feature?" if gain > limit else "no sign of a leaked label"
    reason = (
        f"{head.loss_name} fell by {-found.value:.4f}, by {gain:.4f} for sure; more than {limit:.4f} at once is too "
        f"good to be true: {what}"
    )
    return Observation.of("too_good", head.task.name, gain, limit, gain <= limit, reason)
