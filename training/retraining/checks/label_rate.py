"""Labels are about as frequent, or as large, as they were."""

from collections.abc import Iterator
from math import hypot, sqrt
from statistics import mean, stdev

from models.reference import Reference, TaskReference
from training.profiling.window_profile import WindowProfile
from training.retraining.checks.config import ChecksConfig
from training.retraining.checks.volume import NUM_RECENT
from training.retraining.observation import Observation

_FEWEST_DAYS = 3
"""A deviation of fewer partitions says nothing."""


def label_rate(new: WindowProfile, reference: Reference, config: ChecksConfig) -> Iterator[Observation]:
    """One observation for each task: held where the mean is far from that of earlier partitions.

    Far is both more than a share of it and more than some standard deviations. These are of the means from partition
    to partition, weekends and seasons included, and of chance in the new rows.
    """
    for name, label in new.labels.items():
        task = reference.tasks.get(name)
        if task is None:
            continue
        if label.mean is None:
            yield Observation.passing("label_rate", name, 0.0, "the label counts in no new row (see null_share)")
            continue
        usual, day_to_day = _earlier(task, set(new.partitions))
        by_chance = (label.deviation or 0.0) / sqrt(label.rows)
        scale = (label.deviation or 0.0) if label.kind == "regression" else abs(usual)
        allowed = max(config.max_label_change * scale, config.max_label_deviations * hypot(day_to_day, by_chance))
        found = abs(label.mean - usual)
        what = "rate" if label.kind == "binary" else "mean"
        reason = (
            f"{what} {label.mean:.4g} in {label.rows:,} rows, {usual:.4g} in earlier partitions: {found:.2g} apart, "
            f"allowed is {allowed:.2g}"
        )
        yield Observation.of("label_rate", name, found, allowed, found <= allowed, reason)


def _earlier(task: TaskReference, new: set[str]) -> tuple[float, float]:
    """Mean of the partitions' means, and their standard deviation."""
    means = [value for name, value in sorted(task.mean_by_partition.items()) if name not in new][-NUM_RECENT:]
    if not means:
        return task.mean, 0.0
    return mean(means), stdev(means) if len(means) >= _FEWEST_DAYS else 0.0
