"""All gates, on one candidate."""

from training.retraining.gates.calibration import calibration_gate
from training.retraining.gates.config import GatesConfig
from training.retraining.gates.finite import finite_gate
from training.retraining.gates.heads import heads
from training.retraining.gates.judged import Judged
from training.retraining.gates.latency import latency_gate
from training.retraining.gates.loss import loss_gate
from training.retraining.gates.prediction_shift import prediction_shift_gate
from training.retraining.gates.too_good import too_good_gate
from training.retraining.observation import Observation


def judge(
    candidate: Judged, champion: Judged | None, config: GatesConfig, group_by: str | None = None
) -> list[Observation]:
    """What every gate sees.

    Without a champion, gates that compare pass and say so.

    Args:
        candidate: the new version.
        champion: what serves now, scored on the same rows in the same order.
        config: the limits.
        group_by: column of the scored rows, say the user's, whose rows are no independent evidence; intervals are
            over its values.
    """
    found = [finite_gate(candidate)]
    if not found[0].passed:
        return found  # every other number would be none
    groups = None if group_by is None else candidate.scored.extra[group_by]
    for head in heads(candidate, champion, config, groups):
        found += [calibration_gate(head, config), loss_gate(head, config), too_good_gate(head, config)]
        found += prediction_shift_gate(head, candidate, champion, config)
    return [*found, latency_gate(candidate, champion, config)]
