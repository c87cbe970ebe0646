"""Encoder, network and calibration in one: the same object evaluates, scores in bulk and serves."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.batch import EncodedBatch
from models.calibration.by_field import ByField, TaskCalibration
from models.columns import Column, Columns, bags, categories, numbers
from models.config import ModelConfig
from models.encoder import Encoder
from models.features import CategoricalFeature, Feature, MultiCategoricalFeature
from models.network import Network

Predictions = dict[str, NDArray[np.float32]]
"""By field of the answer: probabilities, seconds and values in a label's unit, [rows] each."""


class Predictor:
    """From typed columns to calibrated predictions of all tasks.

    Rows are independent: how they are batched, and in which order, changes no prediction beyond float rounding.

    Attributes:
        graphs: the same model as the checkpoint holds it for engines, the bytes by file name; empty before export.
    """

    def __init__(
        self,
        config: ModelConfig,
        encoder: Encoder,
        network: Network,
        calibrations: Mapping[str, TaskCalibration],
        graphs: Mapping[str, bytes] | None = None,
    ) -> None:
        self.config = config
        self.encoder = encoder
        self.network = network.eval()
        self.calibrations = dict(calibrations)
        self.graphs = dict(graphs or {})

    def predict(self, columns: Columns, num_rows: int, context: Columns | None = None) -> Predictions:
        """Predict rows.

        Args:
            columns: typed columns of `num_rows` rows; an absent feature is missing in all rows.
            num_rows: rows to predict.
            context: typed columns of one row, encoded once and meant for all rows.
        """
        return self.predict_encoded(self.encoder.encode(columns, num_rows, context))

    @torch.inference_mode()
    def predict_encoded(self, batch: EncodedBatch) -> Predictions:
        """Predict an encoded batch."""
        predictions: Predictions = {}
        for name, output in self.network(batch).items():
            predicted = self._calibrated(name, output, batch)
            predictions.update({field: values.numpy() for field, values in predicted.items()})
        return predictions

    def _calibrated(self, name: str, output: Tensor, batch: EncodedBatch) -> dict[str, Tensor]:
        """The predictions of a task, by the calibration of each row."""
        head, calibration = self.network.head(name), self.calibrations[name]
        if isinstance(calibration, ByField):
            return calibration.predict(head, output, self.encoder.values_of(calibration.field, batch))
        return head.predict(output, calibration)


def typed_column(feature: Feature, values: Sequence[object]) -> Column:
    """A column of Python values, one a row, checked and typed for the feature.

    Raises:
        ValueRefused: naming the row and the field.
    """
    if isinstance(feature, CategoricalFeature):
        return categories(feature.name, values)
    if isinstance(feature, MultiCategoricalFeature):
        return bags(feature.name, values, feature.separator)
    return numbers(feature.name, values)
