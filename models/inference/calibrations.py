"""A task's calibrations as tables of numbers, so that each row of a batch can have its own.

Row 0 is the calibration of all rows, the others are those of a field's values, in the order of `ByField.own`.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from models.calibration import Amount, Calibration, Isotonic, Line, Moment, Platt, Smooth
from models.calibration.by_field import ByField, TaskCalibration
from models.heads import BinaryHead, Head, RegressionHead, ValueHead


def calibrations_of(task: TaskCalibration) -> list[Calibration]:
    """The calibration of all rows, then those of a field's values."""
    return [task.overall, *(own.calibration for own in task.own)] if isinstance(task, ByField) else [task]


def scales_of(task: TaskCalibration) -> Tensor:
    """What predictions are multiplied by after each of its calibrations, [calibrations]."""
    scales = [own.scale for own in task.own] if isinstance(task, ByField) else []
    return torch.tensor([1.0, *scales])


class Bends(NamedTuple):
    """A function from logit to logit of straight pieces: intercept + slope x + the sum of bend max(0, x - knot)."""

    intercept: float
    slope: float
    knots: tuple[float, ...] = ()
    bends: tuple[float, ...] = ()

    @classmethod
    def of(cls, calibration: Calibration) -> "Bends":
        """What a binary head is calibrated by; other kinds leave its logit alone, as the head does."""
        match calibration:
            case Platt():
                return cls(calibration.intercept, calibration.slope)
            case Isotonic() | Smooth():
                x, y = calibration.inputs, calibration.outputs
                inner = [(y[n + 1] - y[n]) / (x[n + 1] - x[n]) for n in range(len(x) - 1)]
                slopes = [calibration.slope_below, *inner, calibration.slope_above]
                bends = tuple(slopes[n + 1] - slopes[n] for n in range(len(x)))
                return cls(y[0] - slopes[0] * x[0], slopes[0], x, bends)
            case _:
                return cls(0.0, 1.0)


class LogitTable(nn.Module):
    """Binary calibrations, in 64 bits, so that close knots stay apart."""

    intercepts: Tensor
    slopes: Tensor
    knots: Tensor
    bends: Tensor

    def __init__(self, calibrations: Sequence[Calibration]) -> None:
        super().__init__()
        held = [Bends.of(calibration) for calibration in calibrations]
        most = max(len(each.knots) for each in held)
        for name, rows in (
            ("intercepts", [each.intercept for each in held]),
            ("slopes", [each.slope for each in held]),
            ("knots", [[*each.knots, *[0.0] * (most - len(each.knots))] for each in held]),
            ("bends", [[*each.bends, *[0.0] * (most - len(each.bends))] for each in held]),
        ):
            self.register_buffer(name, torch.tensor(rows, dtype=torch.float64))

    def forward(self, logit: Tensor, own: Tensor | None) -> Tensor:
        """The calibrated logits, [batch].

        Args:
            logit: [batch].
            own: which calibration each row has, [batch]; the first one where it is left out.
        """
        intercepts, slopes, knots, bends = (
            table[:1] if own is None else table.index_select(0, own)
            for table in (self.intercepts, self.slopes, self.knots, self.bends)
        )
        wide = logit.double()
        line = intercepts + slopes * wide
        if knots.shape[1]:
            line = line + (bends * (wide.unsqueeze(1) - knots).relu()).sum(dim=1)
        return line.to(logit.dtype)


class NumberTable(nn.Module):
    """Calibrations of any other head: those of a head's own kind, and ones that change nothing in place of others.

    Args:
        head: which is calibrated.
        calibrations: by which.
    """

    numbers: Tensor

    def __init__(self, head: Head, calibrations: Sequence[Calibration]) -> None:
        super().__init__()
        self.kind: type[Moment | Line | Amount] = _kind(head)
        held = [each if isinstance(each, self.kind) else self.kind() for each in calibrations]
        self.names = [name for name in self.kind.model_fields if name != "kind"]
        rows = [[getattr(each, name) for name in self.names] for each in held]
        self.register_buffer("numbers", torch.tensor(rows, dtype=torch.float64))
        self.first = held[0]

    def forward(self, own: Tensor | None) -> Calibration:
        """The calibration, each of its numbers a tensor [batch] where rows have their own."""
        if own is None:
            return self.first
        rows = self.numbers.index_select(0, own)
        numbers: dict[str, Any] = {name: rows[:, column] for column, name in enumerate(self.names)}
        return self.kind.model_construct(**numbers)


def _kind(head: Head) -> type[Moment | Line | Amount]:
    assert not isinstance(head, BinaryHead)
    if isinstance(head, RegressionHead):
        return Line
    return Amount if isinstance(head, ValueHead) else Moment
