"""The champion knows about as many values as it did."""

from collections.abc import Iterator

from models.reference import CategoricalReference, Reference
from training.profiling.window_profile import WindowProfile
from training.retraining.checks.age import days_behind
from training.retraining.checks.config import ChecksConfig
from training.retraining.observation import Observation


def unknown_share(new: WindowProfile, reference: Reference, config: ChecksConfig) -> Iterator[Observation]:
    """One observation for each feature with a learned vocabulary: held where the share rose too far.

    Each day after its training window a champion knows the usual share less of what it knew the day before.
    """
    age = 1 + days_behind(new, reference)
    for name, feature in new.features.items():
        before = reference.features.get(name)
        if feature.unknown is None or not isinstance(before, CategoricalReference):
            continue
        usual = before.usual_unknown
        limit = 1 - (1 - usual) ** age + config.max_unknown_rise
        if new.sampled_rows < config.min_rows:
            yield Observation.passing("unknown_share", name, limit, f"{new.sampled_rows:,} rows are too few to tell")
            continue
        reason = (
            f"{feature.unknown:.1%} of the values are unknown to the champion; usual after its training window is "
            f"{usual:.1%}, allowed {limit:.1%}"
        )
        yield Observation.of("unknown_share", name, feature.unknown, limit, feature.unknown <= limit, reason)
