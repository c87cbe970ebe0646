"""No head may be worse than the champion's."""

from training.retraining.gates.config import GatesConfig
from training.retraining.gates.heads import Head
from training.retraining.observation import Observation

TOO_MUCH = 2.0
"""Limits that the difference itself may reach where it is shown to be above 0."""
SURER = 1.25
"""Half-widths that show it: a tenth of the errors that one half-width allows (of 99%, over three heads). Two honest
trainings are never quite as good as each other, so that 0 is passed more often than a limit."""


def loss_gate(head: Head, config: GatesConfig) -> Observation:
    """Held where the candidate is shown to be worse by the limit, or to be worse at all and is by twice the limit.

    The first is shown by the whole interval of the difference, the second by one a quarter wider. Of few rows it is
    wider than the limit, and by the first rule alone a candidate would pass that is worse by three times the limit.
    Observed is the interval's lower end, by the second rule the difference.
    """
    is_entropy, found = head.task.kind == "binary", head.loss_difference
    limit = config.max_loss_of_ne if is_entropy else config.max_loss_of_variance
    if found is None:
        return Observation.passing("loss", head.task.name, limit, head.too_few or "no head of the champion to compare")
    candidate, champion = head.losses
    assert champion is not None, "there is no difference without it"
    reason = (
        f"{head.loss_name} {candidate.value:.4f} against the champion's {champion.value:.4f} on {len(head.rows):,} "
        f"rows: {found.value:+.4f}, between {found.low:+.4f} and {found.high:+.4f}; at most {limit:+.4f} is allowed"
    )
    if found.low <= limit and found.value > max(TOO_MUCH * limit, SURER * found.half_width):
        reason += f" for sure, and {TOO_MUCH * limit:+.4f} where it is worse for sure"
        return Observation.of("loss", head.task.name, found.value, TOO_MUCH * limit, False, reason)
    return Observation.of("loss", head.task.name, found.low, limit, found.low <= limit, reason)
