"""The reference of a version: its training window, what came after it, and what it predicted on its test window."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.encoder import Encoder
from models.features import Feature
from models.heads import BinaryTask, LabelStatistics, Task
from models.reference import (
    CategoricalReference,
    FeatureReference,
    NumericReference,
    PredictionReference,
    Reference,
    TaskReference,
    write_reference,
)
from models.reference import bin_counts as prediction_counts
from models.reference.prediction_bins import bins_of_task
from models.reference.psi import psi, psi_by_chance
from training.comparison.measures import measures
from training.config import Config
from training.data.reader import LogReader
from training.data.timestamps import clock as clock_of
from training.data.windows import Windows
from training.evaluation.scored import Scored
from training.fitting.fit import FittedData
from training.growth.parent import Parent
from training.profiling.earlier_partitions import KEPT_PARTITIONS, earlier_partitions, with_earlier
from training.profiling.feature_bins import NumericBins, bin_counts, measured_bins
from training.profiling.information import information
from training.profiling.partitions import PartitionRows, partition_column, partition_rows
from training.profiling.profile import MAX_ROWS, joined_moments
from training.profiling.sample import SampledRows, present_rows, sample
from training.profiling.unknown import unknown_share


def reference_writer(
    reader: LogReader,
    config: Config,
    windows: Windows,
    fitted: FittedData,
    scored: Scored,
    parent: Parent | None = None,
) -> Callable[[Path], None]:
    """Writes the reference of a run into the version that is being made."""
    reference = reference_of(reader, config, windows, fitted, scored)
    if parent is not None:
        reference = with_earlier(reference, earlier_partitions(config, parent))
    return partial(write_reference, reference=reference)


def reference_of(reader: LogReader, config: Config, windows: Windows, fitted: FittedData, scored: Scored) -> Reference:
    """Read the windows of a run once more, few columns of all rows and all columns of few rows.

    Args:
        reader: the log.
        config: says how times are written, and which column holds partitions.
        windows: how the log was cut.
        fitted: the encoder, which knows some values, and the statistics of labels.
        scored: the test window's labels and predictions.
    """
    clock = clock_of(reader.source, config.data)
    partition = partition_column(config)
    statistics = fitted.statistics
    train, later = windows.train.where, windows.validation.where | windows.test.where
    parts = partition_rows(reader, clock, train | later, partition)
    before = sample(reader, train, windows.train.num_rows, MAX_ROWS)
    after = sample(reader, later, windows.validation.num_rows + windows.test.num_rows, MAX_ROWS)
    tasks = [task.name for task in reader.model.tasks if isinstance(task, BinaryTask)]
    newest = dict(list(parts.items())[-KEPT_PARTITIONS:])
    return Reference(
        rows=windows.train.num_rows,
        newest=max(part.newest_time for part in parts.values()),
        rows_by_partition={name: part.rows for name, part in newest.items()},
        fingerprints={name: part.sketch.hashes for name, part in newest.items()},
        features={f.name: _feature(f, before, after, fitted.encoder, tasks) for f in reader.model.features},
        tasks={task.name: _task(task, parts, newest, statistics[task.name], scored) for task in reader.model.tasks},
        predictions={
            field: _prediction(scored.predictions[field], statistics[task.name])
            for task in reader.model.tasks
            for field in task.prediction_names
        },
    )


def _feature(
    feature: Feature, before: list[SampledRows], after: list[SampledRows], encoder: Encoder, tasks: Sequence[str]
) -> FeatureReference:
    columns, later = ([part.features[feature.name] for part in rows] for rows in (before, after))
    bins = measured_bins(columns)
    counts, moved = bin_counts(bins, columns), bin_counts(bins, later)
    shares = tuple((counts / max(1, counts.sum())).tolist())
    chance = psi_by_chance(bins.num_bins, int(counts.sum()), int(moved.sum()))
    known, known_later = (information(feature.name, bins, tasks, rows) for rows in (before, after))
    measured = {
        "rows": sum(part.num_rows for part in before),
        "shares": shares,
        "missing": _missing(feature.name, before),
        "usual_missing": _missing(feature.name, after),
        "usual_psi": max(0.0, psi(shares, moved) - chance),
        "usual_information": {task: max(known[task], known_later[task]) for task in tasks},
    }
    if isinstance(bins, NumericBins):
        return NumericReference.model_validate({"edges": bins.edges, **measured})
    unknown = unknown_share(encoder, feature, later) or 0.0
    return CategoricalReference.model_validate({"top": bins.top, "usual_unknown": unknown, **measured})


def _missing(feature: str, rows: Sequence[SampledRows]) -> float:
    present = sum(int(present_rows(part.features[feature]).sum()) for part in rows)
    return 1 - present / sum(part.num_rows for part in rows)


def _task(
    task: Task,
    parts: Mapping[str, PartitionRows],
    newest: Mapping[str, PartitionRows],
    statistics: LabelStatistics,
    scored: Scored,
) -> TaskReference:
    rows, mean, _ = joined_moments([part.labels[task.name] for part in parts.values()])
    means = {name: part.labels[task.name] for name, part in newest.items()}
    counts = ~np.isnan(scored.labels[task.name])
    predicted = [scored.predictions[name][counts] for name in task.prediction_names]
    loss = measures(statistics)["loss"](scored.labels[task.name][counts], predicted) if counts.any() else None
    return TaskReference(
        observed=rows / sum(part.rows for part in parts.values()),
        mean=mean or 0.0,
        mean_by_partition={name: found.mean for name, found in means.items() if found.num_values},
        loss=loss,
    )


def _prediction(values: NDArray[np.float64], statistics: LabelStatistics) -> PredictionReference:
    edges = bins_of_task(values, statistics)
    counts = prediction_counts(edges, values)
    return PredictionReference(
        rows=len(values),
        edges=edges,
        shares=tuple((counts / max(1, counts.sum())).tolist()),
        mean=float(values.mean()),
    )
