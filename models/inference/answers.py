"""From the outputs of all heads to the fields of an answer, calibrated."""

from collections.abc import Sequence
from itertools import accumulate

import torch
from torch import Tensor, nn

from models.calibration.by_field import ByField, TaskCalibration
from models.heads import BinaryHead, Head
from models.inference.calibrations import Bends, LogitTable, NumberTable, calibrations_of, scales_of
from models.inference.exportable import exportable
from models.predictor import Predictor


class Answers(nn.Module):
    """All fields, in the order of the configuration.

    Probabilities with one line through their logits for all rows, the usual case, are made together.
    """

    slopes: Tensor
    intercepts: Tensor
    order: Tensor | None

    def __init__(self, predictor: Predictor) -> None:
        super().__init__()
        names = [task.name for task in predictor.config.tasks]
        heads, calibrations = [predictor.network.head(name) for name in names], predictor.calibrations
        by_field = tasks_by_field(predictor)
        self.lines = [n for n, name in enumerate(names) if _is_a_line(heads[n], calibrations[name])]
        self.others = [n for n in range(len(names)) if n not in self.lines]
        self._register_lines([(heads[n], calibrations[names[n]]) for n in self.lines])
        self.tasks = nn.ModuleList(_answer(heads[n], calibrations[names[n]]) for n in self.others)
        self.columns = [by_field.index(names[n]) if names[n] in by_field else None for n in self.others]
        self._register_order([len(task.prediction_names) for task in predictor.config.tasks])

    def forward(self, outputs: list[Tensor], own: Tensor | None) -> Tensor:
        """Predictions, float32 [batch, fields].

        Args:
            outputs: of all heads, in the order of the configuration, [batch, outputs of the head] each.
            own: which of its calibrations each row has, int64 [batch, tasks calibrated by a field]; None where there
                is no such task.
        """
        found: list[Tensor] = []
        if self.lines:
            logits = torch.cat([outputs[n] for n in self.lines], dim=1)
            found.append(torch.sigmoid(logits * self.slopes + self.intercepts))
        for task, n, column in zip(self.tasks, self.others, self.columns, strict=True):
            found.append(task(outputs[n], None if column is None or own is None else own[:, column]))
        fields = torch.cat(found, dim=1)
        return fields if self.order is None else fields.index_select(1, self.order)

    def _register_lines(self, lines: Sequence[tuple[Head, TaskCalibration]]) -> None:
        """Slope and intercept of each, on the head's output: the base rate's logit is part of the intercept."""
        bends = [(Bends.of(calibration), float(head.base_logit)) for head, calibration in lines]  # type: ignore[arg-type]
        self.register_buffer("slopes", torch.tensor([bend.slope for bend, _ in bends]))
        self.register_buffer("intercepts", torch.tensor([bend.intercept + bend.slope * base for bend, base in bends]))

    def _register_order(self, num_fields: Sequence[int]) -> None:
        """Where each field is made; None where fields are made in their order."""
        starts = list(accumulate((num_fields[n] for n in [*self.lines, *self.others]), initial=0))
        made = dict(zip([*self.lines, *self.others], starts, strict=False))
        order = [made[n] + field for n, count in enumerate(num_fields) for field in range(count)]
        self.register_buffer("order", None if order == sorted(order) else torch.tensor(order))


class _Probability(nn.Module):
    """A binary head, by a function from logit to logit that may bend, and may be each row's own."""

    scales: Tensor

    def __init__(self, head: BinaryHead, calibration: TaskCalibration) -> None:
        super().__init__()
        self.base_logit = float(head.base_logit)
        self.table = LogitTable(calibrations_of(calibration))
        self.register_buffer("scales", scales_of(calibration))

    def forward(self, output: Tensor, own: Tensor | None) -> Tensor:
        probability = torch.sigmoid(self.table(output[:, 0] + self.base_logit, own)).unsqueeze(1)
        return probability if own is None else probability * self.scales.index_select(0, own).unsqueeze(1)


class _Fields(nn.Module):
    """Any other head, by what it says itself of its predictions."""

    scales: Tensor

    def __init__(self, head: Head, calibration: TaskCalibration) -> None:
        super().__init__()
        self.head = exportable(head)
        self.table = NumberTable(head, calibrations_of(calibration))
        self.register_buffer("scales", scales_of(calibration))

    def forward(self, output: Tensor, own: Tensor | None) -> Tensor:
        fields = torch.stack(list(self.head.predict(output, self.table(own)).values()), dim=1)
        return fields if own is None else fields * self.scales.index_select(0, own).unsqueeze(1)


def tasks_by_field(predictor: Predictor) -> list[str]:
    """Tasks calibrated by a field, in the order of the configuration."""
    names = [task.name for task in predictor.config.tasks]
    return [name for name in names if isinstance(predictor.calibrations[name], ByField)]


def _is_a_line(head: Head, calibration: TaskCalibration) -> bool:
    """Whether one line turns the head's output into the logit of all rows."""
    return isinstance(head, BinaryHead) and not isinstance(calibration, ByField) and not Bends.of(calibration).knots


def _answer(head: Head, calibration: TaskCalibration) -> nn.Module:
    return _Probability(head, calibration) if isinstance(head, BinaryHead) else _Fields(head, calibration)
