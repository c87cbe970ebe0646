"""Fits each head's calibration on the validation window, which the weights were not fitted on."""

from collections.abc import Mapping

import torch
from torch import Tensor

from models.calibration import Calibration, Identity
from models.calibration.by_field import ByField, TaskCalibration
from models.encoder import Encoder
from models.heads import BinaryHead, BinaryTask, DurationHead, RegressionHead, Task, ValueHead
from models.network import Network
from training.data.batches import TrainingBatch
from training.entire_space import row_weights
from training.evaluation.calibrate_binary import fit_binary
from training.evaluation.calibrate_by_field import CalibratedRows, own_calibrations, value_name
from training.evaluation.calibrate_duration import fit_duration
from training.evaluation.calibrate_regression import fit_line
from training.evaluation.calibrate_value import fit_value

MIN_ROWS = 50
"""With fewer observed rows nothing is fitted."""
BATCH_ROWS = 8_192


@torch.inference_mode()
def fit_calibrations(network: Network, encoder: Encoder, rows: TrainingBatch) -> dict[str, TaskCalibration]:
    """A calibration for each task from encoded rows."""
    network.eval()
    parts = [network(rows.rows(index).inputs) for index in torch.split(torch.arange(len(rows)), BATCH_ROWS)]
    outputs = {name: torch.cat([part[name] for part in parts]) for name in network.graph.tasks}
    return {name: _fitted(network, encoder, name, outputs, rows) for name in network.graph.tasks}


def _fitted(
    network: Network, encoder: Encoder, name: str, outputs: Mapping[str, Tensor], rows: TrainingBatch
) -> TaskCalibration:
    """The calibration of a task: overall, and by the values of a field where its setting names one."""
    observed = ~rows.labels[name].isnan()
    weight = row_weights(network, name, outputs, observed)
    seen = CalibratedRows(network.head(name), outputs[name][observed], rows.labels[name][observed], weight)
    task = network.graph.tasks[name]
    overall = _overall(task, seen)
    field = task.calibration.by
    if field is None:
        return overall
    values = encoder.values_of(field, rows.inputs)[observed]
    own = own_calibrations(seen, overall, values, lambda row: value_name(encoder, field, row))
    return ByField(field=field, overall=overall, own=own)


def _overall(task: Task, rows: CalibratedRows) -> Calibration:
    """The calibration on all rows; identity where there are too few."""
    if len(rows.label) < MIN_ROWS:
        return Identity()
    head, output, label = rows.head, rows.output, rows.label
    match head:
        case BinaryHead():
            assert isinstance(task, BinaryTask), f"task {task.name} is of kind {task.kind}"
            kind = task.calibration.kind
            logit = (output[:, 0] + head.base_logit).double().numpy()
            weight = None if rows.weight is None else rows.weight.double().numpy()
            return fit_binary(kind, logit, label.double().numpy(), weight)
        case DurationHead():
            return fit_duration(head, output, label)
        case RegressionHead():
            return fit_line(output[:, 0].double().numpy(), head.taught(label)[:, 0].double().numpy())
        case ValueHead():
            return fit_value(head, output, label)
