"""Four tasks of all kinds that read each other in every way, and a batch for them, built without a log."""

from collections.abc import Mapping
from typing import Any

import torch

from models.config import ModelConfig
from models.heads import LabelStatistics, RegressionStatistics
from models.network import Network
from tests.models import tiny
from training.data.batches import TrainingBatch

EDGES = [("dwell", "click"), ("buy", "click"), ("buy", "dwell"), ("rating", "dwell"), ("rating", "buy")]
"""Reader and read."""
HANDS_ON = ("prediction", "output", "representation")
NUM_ROWS = 64
SMOOTH = {"activation": "gelu"}  # no unit is zero by chance
TRUNKS: dict[str, dict[str, Any]] = {
    "mmoe": {"kind": "mmoe", "num_experts": 2, "expert": {"widths": [6], **SMOOTH}},
    "shared_bottom": {"kind": "shared_bottom", "mlp": {"widths": [6], **SMOOTH}},
    "ple": {"kind": "ple", "num_layers": 2, "num_shared_experts": 1, "expert": {"widths": [6], **SMOOTH}},
    "dcnv2": {"kind": "dcnv2", "mlp": {"widths": [6], **SMOOTH}},
    "tabm": {"kind": "tabm", "num_members": 3, "mlp": {"widths": [7, 6], **SMOOTH}},
    "normalised": {"kind": "mmoe", "num_experts": 2, "expert": {"widths": [6], "normalisation": "batch", **SMOOTH}},
}
LABELS = {
    "click": ("binary", "clicked"),
    "dwell": ("duration", "seconds"),
    "buy": ("binary", "bought"),
    "rating": ("regression", "stars"),
}


def chain(
    single: Mapping[tuple[str, str], dict[str, Any]] | None = None, trunk: str = "mmoe", **every: Any
) -> ModelConfig:
    """The tasks, with settings of every edge and of single ones."""
    tasks = [
        {
            "name": name,
            "kind": kind,
            "label": label,
            "tower": {"widths": [5], **SMOOTH},
            "reads": [
                {"task": read, **every, **(single or {}).get((reader, read), {})}
                for reader, read in EDGES
                if reader == name
            ],
        }
        for name, (kind, label) in LABELS.items()
    ]
    return tiny.config(TRUNKS[trunk], tasks=tasks)


def statistics() -> dict[str, LabelStatistics]:
    rating = RegressionStatistics(num_observed=99, mean=3.5, standard_deviation=1.2, min=1.0, max=5.0)
    return {**tiny.statistics(), "rating": rating}


def chained(
    single: Mapping[tuple[str, str], dict[str, Any]] | None = None, trunk: str = "mmoe", **every: Any
) -> Network:
    """A network of that chain, with weights that let every estimate count."""
    network = Network(chain(single, trunk, **every), tiny.encoder(), statistics())
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if "table" not in name:
                parameter.normal_(std=0.5)
    return network


def batch(num_rows: int = NUM_ROWS) -> TrainingBatch:
    """Rows in which most labels count."""
    inputs = tiny.encoder().encode(tiny.from_rows(tiny.config(), tiny.rows(num_rows)), num_rows)
    labels = {
        "click": (torch.rand(num_rows) < 0.4).float(),
        "dwell": torch.rand(num_rows) * 60,
        "buy": (torch.rand(num_rows) < 0.2).float(),
        "rating": 1 + 4 * torch.rand(num_rows),
    }
    labels["dwell"][::7] = torch.nan
    return TrainingBatch(inputs, labels)
