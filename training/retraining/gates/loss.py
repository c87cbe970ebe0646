"""No head may be worse than the champion's."""

from training.retraining.gates.config import GatesConfig
from training.retraining.gates.heads import Head
from training.retraining.observation import Observation


def loss_gate(head: Head, config: GatesConfig) -> Observation:
    """Held where the whole interval of the difference lies above the limit; observed is its lower end."""
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
    return Observation.of("loss", head.task.name, found.low, limit, found.low <= limit, reason)
