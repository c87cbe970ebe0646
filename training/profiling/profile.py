"""Looks at new rows as the champion's training window was looked at."""

from collections.abc import Mapping, Sequence

import pyarrow.compute as pc

from models.config import ModelConfig
from models.encoder import Encoder
from models.errors import DataError
from models.features import Feature
from models.heads import BinaryTask, Task
from models.reference import FeatureReference, Reference
from training.config import Config
from training.data.reader import LogReader, open_log
from training.data.timestamps import clock
from training.fitting.moments import Moments
from training.profiling.feature_bins import bin_counts, bins_of
from training.profiling.information import information
from training.profiling.partitions import PartitionRows, partition_column, partition_rows
from training.profiling.sample import SampledRows, present_rows, sample
from training.profiling.unknown import unknown_share
from training.profiling.window_profile import FeatureProfile, LabelProfile, PartitionProfile, WindowProfile

MAX_ROWS = 100_000


def profile_of(
    config: Config,
    where: pc.Expression | None = None,
    *,
    reference: Reference | None = None,
    encoder: Encoder | None = None,
    max_rows: int = MAX_ROWS,
) -> WindowProfile:
    """Profile the rows of a window; a log that breaks the configuration's rules gives a profile that says which.

    Args:
        config: names the log, its features and its labels.
        where: which rows; None for all that the configuration reads (`data.partitions`).
        reference: of the champion, whose bins are counted in; None counts in none.
        encoder: of the champion, which knows some values; None knows nothing of that.
        max_rows: that features are looked at in, evenly spaced.
    """
    model = config.model_part()
    try:
        source = open_log(config.data, model)
        reader, times = LogReader(source, model), clock(source, config.data)
        parts = partition_rows(reader, times, where, partition_column(config))
        num_rows = sum(part.rows for part in parts.values())
        rows = sample(reader, where, num_rows, max_rows)
    except DataError as error:
        return WindowProfile(refused=str(error))
    if not rows:
        return WindowProfile(refused=f"new partitions have rows; found none in {config.data.path}: wait for the logs")
    features = {} if reference is None else reference.features
    return WindowProfile(
        rows=num_rows,
        sampled_rows=sum(part.num_rows for part in rows),
        partitions={
            name: PartitionProfile(rows=part.rows, newest=part.newest_time, fingerprint=part.sketch.hashes)
            for name, part in parts.items()
        },
        features=_features(model, rows, features, encoder),
        labels={task.name: _label(task, parts, num_rows) for task in model.tasks},
    )


def _features(
    model: ModelConfig,
    rows: Sequence[SampledRows],
    references: Mapping[str, FeatureReference],
    encoder: Encoder | None,
) -> dict[str, FeatureProfile]:
    tasks = [task.name for task in model.tasks if isinstance(task, BinaryTask)]
    return {
        feature.name: _feature(feature, rows, references.get(feature.name), encoder, tasks)
        for feature in model.features
    }


def _feature(
    feature: Feature,
    rows: Sequence[SampledRows],
    reference: FeatureReference | None,
    encoder: Encoder | None,
    tasks: Sequence[str],
) -> FeatureProfile:
    columns = [part.features[feature.name] for part in rows]
    is_alike = reference is not None and (reference.kind == "numeric") == (feature.kind == "numeric")
    bins = bins_of(reference) if reference is not None and is_alike else None
    present = sum(int(present_rows(column).sum()) for column in columns)
    return FeatureProfile(
        missing=1 - present / sum(part.num_rows for part in rows),
        counts=None if bins is None else tuple(bin_counts(bins, columns).tolist()),
        unknown=None if encoder is None else unknown_share(encoder, feature, columns),
        information={} if bins is None else information(feature.name, bins, tasks, rows),
    )


def _label(task: Task, parts: Mapping[str, PartitionRows], num_rows: int) -> LabelProfile:
    found = joined_moments([part.labels[task.name] for part in parts.values()])
    rows, mean, deviation = found
    return LabelProfile(
        kind=task.kind,
        observed_when=task.observed_when,
        rows=rows,
        observed=rows / num_rows,
        mean=mean,
        deviation=deviation,
    )


def joined_moments(parts: Sequence[Moments]) -> tuple[int, float | None, float | None]:
    """Rows, mean and standard deviation of several parts together; None where there is no row."""
    rows = sum(part.num_values for part in parts)
    if rows == 0:
        return 0, None, None
    held = [part for part in parts if part.num_values]
    mean = sum(part.num_values * part.mean for part in held) / rows
    squares = sum(part.num_values * (part.deviation**2 + (part.mean - mean) ** 2) for part in held)
    return rows, mean, float((squares / rows) ** 0.5)
