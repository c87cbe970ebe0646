"""The reference toy problem of uncertainty weighting, with labels in units from a thousandth to a thousand.

    python -m benchmarks.toy

Two labels of one input: y1 = 2x + 8 with a noise of sigma 10, y2 = 3x + 3 with a noise of sigma 1, times a scale
each. Our way (losses standardised by the heads, s from the first losses, default rates, a cosine schedule) beside the
paper's plain form (raw labels, s from zero, constant rates) on the same rows and with as many steps.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.results_page import replace_section
from models.heads import RegressionHead, RegressionStatistics, RegressionTask
from models.mlp import MlpConfig
from training.evaluation.interval import mean_interval
from training.optimizers import DEFAULTS, SubnetOptimizers
from training.schedules import ConstantSchedule, CosineSchedule
from training.weightings import UncertaintyConfig

NUM_ROWS, EPOCHS, BATCH, UNITS = 10_000, 25, 125, 1_024
SEEDS = range(5)
SCALES = [(10.0**power, 10.0**power) for power in range(-3, 4)] + [(1e-3, 1e3), (1e3, 1e-3)]
SCALES_OF = {"ours": SCALES, "paper": [SCALES[0], SCALES[3], SCALES[6], SCALES[7]]}
BAR = 0.02
NAMES = ("y1", "y2")


@dataclass(frozen=True)
class Toy:
    """Rows of the problem, with labels in their scales, and the noise that was really drawn."""

    inputs: Tensor
    labels: Tensor
    noise: dict[str, float]


def draw(seed: int, scales: tuple[float, float], num_rows: int = NUM_ROWS) -> Toy:
    random = np.random.default_rng(seed)
    x = random.standard_normal((num_rows, 1))
    noise = random.standard_normal((num_rows, 2)) * [10.0, 1.0]
    labels = (np.hstack([2 * x + 8, 3 * x + 3]) + noise) * scales
    drawn = np.sqrt((noise**2).mean(axis=0)) * scales
    return Toy(torch.tensor(x).float(), torch.tensor(labels).float(), dict(zip(NAMES, drawn.tolist(), strict=True)))


def head(name: str, labels: Tensor, standardised: bool) -> RegressionHead:
    """A head for its loss alone; without standardising its loss is the squared error of the raw label."""
    mean, deviation = (float(labels.double().mean()), float(labels.double().std())) if standardised else (0.0, 1.0)
    low, high = float(labels.min()), float(labels.max())
    statistics = RegressionStatistics(
        num_observed=len(labels), mean=mean, standard_deviation=deviation, min=low, max=high
    )
    task = RegressionTask(name=name, kind="regression", label=name, tower=MlpConfig(widths=(1,)))
    return task.build(1, statistics)


def recovered(toy: Toy, form: str, seed: int, epochs: int = EPOCHS, units: int = UNITS) -> dict[str, float]:
    """The sigma of each label after training, over the noise that was drawn."""
    torch.manual_seed(seed)
    network = nn.Sequential(nn.Linear(1, units), nn.ReLU(), nn.Linear(units, 2))
    heads = {name: head(name, toy.labels[:, at], form == "ours") for at, name in enumerate(NAMES)}
    weighting = UncertaintyConfig(start="first_losses" if form == "ours" else "zero").build(heads)
    schedule = CosineSchedule(kind="cosine") if form == "ours" else ConstantSchedule()
    optimizers = SubnetOptimizers(
        {"shared": network, "weighting": weighting},
        {name: DEFAULTS[name].model_copy(update={"schedule": schedule}) for name in ("shared", "weighting")},
        epochs * math.ceil(len(toy.inputs) / BATCH),
    )
    for _ in range(epochs):
        for index in torch.split(torch.randperm(len(toy.inputs)), BATCH):
            output = network(toy.inputs[index])
            losses = {
                name: heads[name].loss(output[:, [at]], toy.labels[index, at]).mean() for at, name in enumerate(NAMES)
            }
            weighting.start({name: loss.detach() for name, loss in losses.items()})
            optimizers.zero_grad()
            weighting(losses).backward()
            optimizers.step()
    return {
        name: sigma * math.sqrt(heads[name].base_loss) / toy.noise[name] for name, sigma in weighting.sigmas().items()
    }


def row(form: str, scales: tuple[float, float], found: list[dict[str, float]]) -> str:
    """A line of the table: recovered over real sigma."""
    name = "standardised, from the first losses" if form == "ours" else "raw, from s = 0"
    cells = [mean_interval([one[label] for one in found]).text(3) for label in NAMES]
    worst = max(abs(value - 1) for one in found for value in one.values())
    return f"| {name} | {scales[0]:g}, {scales[1]:g} | {cells[0]} | {cells[1]} | {worst:.2%} |"


def main() -> None:
    torch.set_num_threads(1)
    lines = [
        "| form | scales of y1, y2 | sigma 1 / real | sigma 2 / real | worst of five seeds |",
        "|---|---|---|---|---|",
    ]
    worst = 0.0
    for form, all_scales in SCALES_OF.items():
        for scales in all_scales:
            found = [recovered(draw(seed, scales), form, seed) for seed in SEEDS]
            lines.append(row(form, scales, found))
            print(lines[-1], flush=True)
            if form == "ours":
                worst = max(worst, *(abs(value - 1) for one in found for value in one.values()))
    verdict = "met" if worst <= BAR else "MISSED"
    lines += [
        "",
        f"Acceptance, every sigma of our form within {BAR:.0%} of the real one: {verdict} (worst {worst:.2%}).",
    ]
    replace_section("toy", "\n".join(lines))


if __name__ == "__main__":
    main()
