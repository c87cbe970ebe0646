"""A window with its predictions: what all metrics and pictures are made of."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.heads import Task
from models.predictor import Predictor
from training.data.reader import LogReader
from training.data.windows import Window

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scored:
    """Labels and predictions of a window.

    Attributes:
        labels: by task, [rows], NaN where the label does not count.
        predictions: by field of the answer, [rows].
        extra: further columns of the log, [rows].
    """

    labels: dict[str, Floats]
    predictions: dict[str, Floats]
    extra: pd.DataFrame

    def __len__(self) -> int:
        return len(self.extra)

    def observed(self, task: Task) -> "Scored":
        """Only the rows in which the task's label counts."""
        return self.rows(~np.isnan(self.labels[task.name]))

    def rows(self, mask: NDArray[np.bool_]) -> "Scored":
        """Only the rows of a mask, [rows]."""
        return Scored(
            {name: label[mask] for name, label in self.labels.items()},
            {name: prediction[mask] for name, prediction in self.predictions.items()},
            self.extra[mask],
        )


def score_window(predictor: Predictor, reader: LogReader, window: Window, extra: Sequence[str] = ()) -> Scored:
    """Predict a window as it streams by; only labels, predictions and the extra columns are kept.

    The reader may know more tasks than the model has: their labels are kept, and nobody predicts them.
    """
    labels: dict[str, list[Floats]] = {task.name: [] for task in reader.tasks}
    predictions: dict[str, list[Floats]] = {f: [] for task in predictor.config.tasks for f in task.prediction_names}
    extras: list[pd.DataFrame] = []
    for chunk in reader.chunks(window, extra):
        for name, label in chunk.labels.items():
            labels[name].append(label)
        for field, prediction in predictor.predict(chunk.features, chunk.num_rows).items():
            predictions[field].append(prediction.astype(np.float64))
        frame = chunk.extra.to_pandas(integer_object_nulls=True)  # an id beside a null must not become a float
        extras.append(pd.DataFrame(frame, index=range(chunk.num_rows)))
    return Scored(
        {name: np.concatenate(parts) for name, parts in labels.items()},
        {field: np.concatenate(parts) for field, parts in predictions.items()},
        pd.concat(extras, ignore_index=True),
    )
