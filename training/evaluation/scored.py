"""A window with its predictions: what all metrics and pictures are made of."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.heads import Task
from models.predictor import Predictor
from training.data.reader import LogReader
from training.data.windows import Window
from training.evaluation.known import Knowledge, knowledge

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scored:
    """Labels and predictions of a window.

    Attributes:
        labels: by task, [rows], NaN where the label does not count.
        predictions: by field of the answer, [rows].
        extra: further columns of the log, [rows].
        knowledge: by feature that was asked for, whether the model knows each row's value, [rows].
    """

    labels: dict[str, Floats]
    predictions: dict[str, Floats]
    extra: pd.DataFrame
    knowledge: dict[str, Knowledge] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.extra)

    def observed(self, task: Task) -> "Scored":
        """Only the rows in which the task's label counts."""
        return self.rows(~np.isnan(self.labels[task.name]))

    def text(self, column: str) -> pd.Series:
        """A further column as text, "(missing)" where there is none, [rows]."""
        return self.extra[column].astype("string").fillna("(missing)")

    def rows(self, mask: NDArray[np.bool_]) -> "Scored":
        """Only the rows of a mask, [rows]."""
        return Scored(
            {name: label[mask] for name, label in self.labels.items()},
            {name: prediction[mask] for name, prediction in self.predictions.items()},
            self.extra[mask],
            {name: known[mask] for name, known in self.knowledge.items()},
        )


def score_window(
    predictor: Predictor, reader: LogReader, window: Window, extra: Sequence[str] = (), unseen: Sequence[str] = ()
) -> Scored:
    """Predict a window as it streams by; only labels, predictions and the extra columns are kept.

    The reader may know more tasks than the model has: their labels are kept, and nobody predicts them.
    """
    labels: dict[str, list[Floats]] = {task.name: [] for task in reader.tasks}
    predictions: dict[str, list[Floats]] = {
        name: [] for task in predictor.config.tasks for name in task.prediction_names
    }
    extras: list[pd.DataFrame] = []
    known: dict[str, list[Knowledge]] = {name: [] for name in unseen}
    for chunk in reader.chunks(window, extra):
        for name, label in chunk.labels.items():
            labels[name].append(label)
        for name, prediction in predictor.predict(chunk.features, chunk.num_rows).items():
            predictions[name].append(prediction.astype(np.float64))
        frame = chunk.extra.to_pandas(integer_object_nulls=True)  # an id beside a null must not become a float
        for name, found in known.items():
            found.append(knowledge(predictor.encoder, name, chunk.features[name]))
        extras.append(pd.DataFrame(frame, index=range(chunk.num_rows)))
    return Scored(
        {name: np.concatenate(parts) for name, parts in labels.items()},
        {name: np.concatenate(parts) for name, parts in predictions.items()},
        pd.concat(extras, ignore_index=True),
        {name: np.concatenate(parts) for name, parts in known.items()},
    )
