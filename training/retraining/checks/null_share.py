"""Values are there about as often as they were."""

from collections.abc import Iterator

from models.reference import Reference
from training.profiling.window_profile import WindowProfile
from training.retraining.checks.config import ChecksConfig
from training.retraining.observation import Observation


def null_share(new: WindowProfile, reference: Reference, config: ChecksConfig) -> Iterator[Observation]:
    """One observation for each feature, and for each label that no other one is a condition of.

    Held where the share of rows without a value rose too far. Empty lists count as missing.
    """
    for name, feature in new.features.items():
        before = reference.features.get(name)
        if before is not None:
            yield _risen(name, feature.missing, max(before.missing, before.usual_missing), new.sampled_rows, config)
    for name, label in new.labels.items():
        task = reference.tasks.get(name)
        if task is not None and label.observed_when is None:
            yield _risen(name, 1 - label.observed, 1 - task.observed, new.rows, config)


def _risen(name: str, now: float, before: float, rows: int, config: ChecksConfig) -> Observation:
    limit = before + config.max_null_rise
    if rows < config.min_rows:
        return Observation.passing("null_share", name, limit, f"{rows:,} rows are too few to tell")
    reason = f"{now:.1%} of the rows have no value; it was up to {before:.1%}, allowed is {limit:.1%}"
    return Observation.of("null_share", name, now, limit, now <= limit, reason)
