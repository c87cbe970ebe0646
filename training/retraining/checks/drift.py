"""Features are distributed about as in the champion's training window."""

from collections.abc import Iterator

from models.reference import FeatureReference, Reference
from models.reference.psi import psi, psi_by_chance
from training.profiling.window_profile import WindowProfile
from training.retraining.checks.age import days_behind
from training.retraining.checks.config import ChecksConfig
from training.retraining.observation import Observation


def drift(new: WindowProfile, reference: Reference, config: ChecksConfig) -> Iterator[Observation]:
    """One observation for each feature: held where it moved too far, as PSI less what chance shows."""
    age = days_behind(new, reference)
    for name, feature in new.features.items():
        before = reference.features.get(name)
        if before is None or feature.counts is None:
            continue
        limit = max(config.max_psi, config.max_psi_of_usual * before.usual_psi * age)
        if (values := sum(feature.counts)) < config.min_rows:
            yield Observation.passing("drift", name, limit, f"{values:,} values are too few to tell")
            continue
        found = _moved(before, feature.counts)
        reason = (
            f"moved by a PSI of {found:.3f} from the champion's training window; usual is {before.usual_psi:.3f}, "
            f"allowed {limit:.3f}"
        )
        yield Observation.of("drift", name, found, limit, found <= limit, reason)


def _moved(before: FeatureReference, counts: tuple[int, ...]) -> float:
    chance = psi_by_chance(len(counts), before.rows, sum(counts))
    return max(0.0, psi(before.shares, counts) - chance)
