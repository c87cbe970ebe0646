"""Predictors with any trunk, heads, edges, calibrations and inputs, with weights far from where they start."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st
from torch import nn

from models.batch import EncodedBatch, SplitBatch
from models.calibration import Amount, Calibration, Identity, Isotonic, Line, Moment, Platt, Smooth
from models.calibration.by_field import ByField, OwnCalibration, TaskCalibration
from models.config import ModelConfig
from models.encoder import Encoder
from models.heads import DurationStatistics, LabelStatistics, Task
from models.heads.inflated import Inflation
from models.inference.parts import Parts
from models.network import Network
from models.normalisation import BatchNormalisation
from models.predictor import Predictor
from tests.models import rich
from tests.models.test_any_graph import HANDS_ON, STATISTICS
from tests.models.test_rich_inputs import VALUES
from tests.models.tiny import TRUNKS, from_rows

DURATION = DurationStatistics(
    num_observed=9,
    mean_seconds=20,
    max_seconds=600,
    scale_seconds=12,
    log_mean=0.7,
    log_standard_deviation=0.8,
    quantiles_seconds=(1.0, 3.0, 8.0, 20.0, 90.0),
    bounces=Inflation(threshold=2.0, share_above=0.7, log_mean=2.5, log_deviation=1.2, log_unit=1.0),
    base_cost=0.5,
)
DISTRIBUTIONS: list[dict[str, Any]] = [
    {"kind": "log_normal"},
    {"kind": "log_normal", "coverage": 0.8},
    {"kind": "bounce_log_normal", "coverage": 0.7},
    {"kind": "quantiles", "num_quantiles": 5, "coverage": 0.6},
]
KINDS: list[dict[str, Any]] = [
    {"kind": "binary"},
    *({"kind": "duration", "distribution": distribution} for distribution in DISTRIBUTIONS),
    {"kind": "regression"},
    {"kind": "value"},
]
ORDINARY = st.none() | st.floats(-9, 9, width=32)
"""Products of numbers near the limit of a float keep no digits, in either order of summation."""
ROWS = st.lists(
    st.fixed_dictionaries({**{name: st.none() | values for name, (values, _) in VALUES.items()}, "stock": ORDINARY}),
    min_size=1,
    max_size=7,
)
NORMALISATIONS = ("none", "batch", "layer")


def statistics_of(task: Task) -> LabelStatistics:
    return DURATION if task.kind == "duration" else STATISTICS[task.kind]


def calibration(kind: str, random: np.random.Generator, choice: int) -> Calibration:
    """The choice-th kind of calibration that a head of this kind may have, with random numbers."""
    one, other = (float(value) for value in random.uniform(0.6, 1.6, 2))
    if kind == "binary":
        x, y = (tuple(np.cumsum(random.uniform(0.1, 1.0, 4)) - 1) for _ in range(2))
        bent = {"inputs": x, "outputs": y, "slope_below": one, "slope_above": other}
        made = [Identity(), Platt(slope=one, intercept=other), Isotonic(**bent), Smooth(**bent)]
        return made[choice % len(made)]
    own: dict[str, list[Calibration]] = {
        "duration": [Moment(factor=one, median_factor=other, low_factor=0.9, high_factor=1.2)],
        "regression": [Line(slope=one, intercept=other - 1)],
        "value": [Amount(slope=one, intercept=other - 1, factor=other)],
    }
    return [Identity(), *own[kind]][choice % 2]


def by_field(task: Task, field: str, random: np.random.Generator, choice: int) -> ByField:
    """Own calibrations for some rows of the field's table, in no order."""
    return ByField(
        field=field,
        overall=calibration(task.kind, random, choice),
        own=tuple(
            OwnCalibration(
                row=int(row),
                value=str(row),
                calibration=calibration(task.kind, random, choice + 1 + place),
                scale=1.0 if task.kind == "binary" else 1.3,
            )
            for place, row in enumerate(random.permutation([1, 2, 4]))
        ),
    )


def built(
    model: ModelConfig,
    encoding: Encoder,
    calibrations: dict[str, TaskCalibration],
    seed: int = 0,
    *,
    moved: bool = True,
) -> Predictor:
    """A predictor of random weights: moved far from where they start, or as they start."""
    torch.manual_seed(seed)
    network = Network(model, encoding, {task.name: statistics_of(task) for task in model.tasks})
    if moved:
        move(network)
    return Predictor(model, encoding, network, calibrations)


@torch.no_grad()
def move(network: Network) -> None:
    """Draw all weights but the table's anew, and what normalisations have measured."""
    for name, parameter in network.named_parameters():
        if "table" not in name:
            parameter.normal_(std=parameter.shape[-1] ** -0.5)
    for module in network.modules():
        if isinstance(module, BatchNormalisation):
            assert module.running_mean is not None
            assert module.running_var is not None
            module.running_mean.normal_()
            module.running_var.uniform_(0.2, 2.0)
        if isinstance(module, BatchNormalisation | nn.LayerNorm):
            module.weight.uniform_(0.5, 1.5)


@st.composite
def task_settings(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Up to five tasks, in any order of the file, that read each other along any acyclic graph."""
    names = [f"t{number}" for number in range(draw(st.integers(1, 5)))]
    tasks = []
    for position, name in enumerate(names):
        read = draw(st.lists(st.sampled_from(names[:position]), unique=True, max_size=2)) if position else []
        edges = [{"task": other, "hands_on": draw(st.sampled_from(HANDS_ON))} for other in read]
        widths = draw(st.lists(st.integers(1, 5), min_size=1, max_size=2))
        tower = {"widths": widths, "normalisation": draw(st.sampled_from(NORMALISATIONS))}
        kind = draw(st.sampled_from(KINDS))
        tasks.append({"name": name, "label": f"{name}_label", "reads": edges, "tower": tower, **kind})
    return draw(st.permutations(tasks))


@st.composite
def trunks(draw: st.DrawFn) -> dict[str, Any]:
    """Any trunk, with any normalisation, activation and number of layers."""
    trunk = dict(draw(st.sampled_from(list(TRUNKS.values()))))
    layers = {
        "widths": draw(st.lists(st.integers(2, 8), min_size=1, max_size=3)),
        "normalisation": draw(st.sampled_from(NORMALISATIONS)),
        "activation": draw(st.sampled_from(["relu", "silu", "gelu"])),
        "dropout": draw(st.sampled_from([0.0, 0.1])),
    }
    return trunk | {"expert" if "expert" in trunk else "mlp": layers}


@st.composite
def predictors(draw: st.DrawFn) -> Predictor:
    """Any predictor of rich features."""
    embedding = {
        "dim": 4,
        "initial_std": 1.0,
        "interactions": draw(st.sampled_from(["none", "dot"])),
        "numeric_activation": draw(st.sampled_from(["none", "relu"])),
    }
    features = draw(st.permutations([with_pooling(draw, feature) for feature in rich.FEATURES]))
    model = rich.config(features=features, tasks=draw(task_settings()), trunk=draw(trunks()), embedding=embedding)
    random = np.random.default_rng(draw(st.integers(0, 99)))
    calibrations: dict[str, TaskCalibration] = {}
    for task in model.tasks:
        field, choice = draw(st.sampled_from([None, "tab", "item"])), draw(st.integers(0, 3))
        calibrations[task.name] = (
            calibration(task.kind, random, choice) if field is None else by_field(task, field, random, choice)
        )
    return built(model, rich.encoder(model), calibrations, draw(st.integers(0, 99)))


def with_pooling(draw: st.DrawFn, feature: dict[str, Any]) -> dict[str, Any]:
    """The feature; a list as it is or pooled without attention."""
    pooling = draw(st.sampled_from(["attention", "mean", "sum"])) if "pooling" in feature else "attention"
    if pooling == "attention":
        return feature
    plain = {name: value for name, value in feature.items() if name not in ("attention", "target")}
    return {**plain, "pooling": pooling}


def encoded(predictor: Predictor, rows: Sequence[dict[str, Any]]) -> EncodedBatch:
    return predictor.encoder.encode(from_rows(predictor.config, list(rows)), len(rows))


def everything(trunk: dict[str, Any]) -> Predictor:
    """Every kind of head, edge and calibration on this trunk, and numbers, lists and crosses of every kind."""
    tasks: list[dict[str, Any]] = []
    for place, kind in enumerate([*KINDS, {"kind": "binary"}, {"kind": "binary"}]):
        edge = {"task": f"t{place - 1}", "hands_on": HANDS_ON[place % len(HANDS_ON)]}
        tasks.append({"name": f"t{place}", "label": f"label{place}", "reads": [edge] if place else [], **kind})
    embedding = {"dim": 4, "initial_std": 1.0, "interactions": "dot"}
    model = rich.config(tasks=tasks, trunk=trunk, embedding=embedding)
    random = np.random.default_rng(7)
    calibrations: dict[str, TaskCalibration] = {
        task.name: by_field(task, ("tab", "item")[place % 2], random, place)
        if place % 3 == 0
        else calibration(task.kind, random, place)
        for place, task in enumerate(model.tasks)
    }
    return built(model, rich.encoder(model), calibrations)


def request(predictor: Predictor, num_rows: int, seed: int = 0) -> SplitBatch:
    """A context and candidates of known, unknown and missing values."""
    random = np.random.default_rng(seed)

    def some(*values: Any) -> Any:
        return values[random.integers(len(values))]

    context = {"user": "u1", "tab": "home", "last": "a", "age": 33.0, "history": ["a", "7", "new"], "likes": ["b"]}
    rows = [
        {
            **context,
            "item": some("a", "b", "true", "new", None),
            "price": some(1.0, 3.0, None),
            "stock": some(0.3, 1.7, None),
            "tags": some([], ["a"], ["b", "new", "a"]),
        }
        for _ in range(num_rows)
    ]
    return Parts.of(predictor.encoder).split(encoded(predictor, rows))
