"""Fits what turns a value head's distribution into amounts that can be trusted."""

import torch
from torch import Tensor

from models.calibration import Amount, Platt
from models.heads import ValueHead
from training.evaluation.believed import believed_mean
from training.evaluation.calibrate_platt import fit_platt


def fit_value(head: ValueHead, output: Tensor, label: Tensor) -> Amount:
    """A line through the logits, then the factor that gives the total that is believed.

    Args:
        head: whose output it is.
        output: [rows, 3].
        label: in its unit, [rows], all observed.
    """
    row = head.distribution.parameters(output)
    platt = fit_platt(row.logit.numpy(), (label > 0).double().numpy())
    line = Amount(slope=platt.slope, intercept=platt.intercept) if isinstance(platt, Platt) else Amount()
    expected = (torch.sigmoid(line.logit(row.logit)) * head.distribution.mean_above(row)).mean()
    believed = believed_mean(label.double().numpy(), head.statistics.mean)
    return line.model_copy(update={"factor": believed / float(expected)}) if believed > 0 else line
