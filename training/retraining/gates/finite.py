"""Every prediction is a finite number."""

import numpy as np

from training.retraining.gates.judged import Judged
from training.retraining.observation import Observation


def finite_gate(candidate: Judged) -> Observation:
    """Held where a prediction of the newest rows is none; weights are looked at when a version is loaded."""
    wrong = {name: int(np.sum(~np.isfinite(found))) for name, found in candidate.scored.predictions.items()}
    total = sum(wrong.values())
    where = ", ".join(f"{name} ({count:,})" for name, count in wrong.items() if count)
    reason = f"predictions that are no finite numbers: {where or 'none'}; none is allowed"
    return Observation.of("finite", None, total, 0, total == 0, reason)
