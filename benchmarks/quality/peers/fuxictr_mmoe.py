"""MMoE of FuxiCTR's parts, with the settings of its model zoo.

The package on PyPI leaves the zoo's multi-task models out. So the model is put together here from what it does have:
its multi-task base class with training and stopping, its embeddings and its MLP blocks. Ma et al., "Modeling Task
Relationships in Multi-task Learning with Multi-gate Mixture-of-Experts", KDD 2018,
https://doi.org/10.1145/3219819.3220007.
"""

import logging
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from fuxictr.features import FeatureMap
from fuxictr.pytorch.dataloaders.npz_dataloader import NpzDataLoader
from fuxictr.pytorch.layers import FeatureEmbedding, MLP_Block
from fuxictr.pytorch.models import MultiTaskModel
from fuxictr.pytorch.torch_utils import seed_everything
from torch import Tensor, nn

from benchmarks.quality.peers.arrays import Given, answer, given
from benchmarks.quality.peers.masked import NOT_COUNTED, squared_error

DIM, EPOCHS, PATIENCE, BATCH, RATE, EMBEDDING_L2 = 16, 10, 2, 128, 1e-3, 1e-6
NUM_EXPERTS, EXPERT, GATE, TOWER = 8, [512, 256, 128], [128, 64], [128, 64]
NOTES = [
    "FuxiCTR: the zoo's MMoE is not in its package, so it is put together from the package's parts with the zoo's "
    "sizes; dwell by a squared error of log1p seconds in clicked rows, put in place of its own; the epoch with the "
    "best mean AUC of the binary tasks on the validation day, by its own stopping rule."
]


class MMoE(MultiTaskModel):
    """Experts, and for each task a gate over them and a tower."""

    def __init__(self, feature_map: FeatureMap, kinds: list[str], folder: str) -> None:
        types = ["binary_classification" if kind == "binary" else "regression" for kind in kinds]
        super().__init__(
            feature_map, model_id="MMoE", task=types, num_tasks=len(types), embedding_regularizer=EMBEDDING_L2,
            early_stop_patience=PATIENCE, verbose=0, model_root=folder, metrics=["logloss", "AUC"],
        )  # fmt: skip
        self.embedding_layer = FeatureEmbedding(feature_map, DIM)
        width = DIM * feature_map.num_fields
        self.experts = nn.ModuleList(MLP_Block(width, EXPERT, "relu") for _ in range(NUM_EXPERTS))
        self.gates = nn.ModuleList(MLP_Block(width, GATE, "relu", NUM_EXPERTS, "softmax") for _ in types)
        self.towers = nn.ModuleList(MLP_Block(EXPERT[-1], TOWER, "relu", 1) for _ in types)
        self.compile("adam", ["binary_crossentropy" if kind == "binary" else "mse_loss" for kind in kinds], RATE)
        self.loss_fn = [
            own if kind == "binary" else squared_error for kind, own in zip(kinds, self.loss_fn, strict=True)
        ]
        self.reset_parameters()
        self.model_to_device()

    def forward(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        x = self.embedding_layer(self.get_inputs(inputs), flatten_emb=True)
        experts = torch.stack([expert(x) for expert in self.experts], dim=1)
        found = {}
        parts = zip(self.feature_map.labels, self.gates, self.towers, self.output_activation, strict=True)
        for task, gate, tower, activation in parts:
            mixed = (gate(x).unsqueeze(2) * experts).sum(dim=1)
            found[f"{task}_pred"] = activation(tower(mixed))
        return found

    def evaluate_metrics(self, y_true, y_pred, metrics, group_id=None):  # noqa: ANN001, ANN201 - as declared there
        """Of a duration there is no AUC: it has no say in when to stop."""
        if set(np.unique(y_true)) != {0.0, 1.0}:
            return {}
        return super().evaluate_metrics(y_true, y_pred, metrics, group_id)


def feature_map(told: Given, folder: str) -> FeatureMap:
    """What the library wants to know of the features."""
    found = FeatureMap("log", folder)
    for each in told.description["ids"]:
        found.features[each["name"]] = {
            "source": "", "type": "categorical", "padding_idx": 0, "vocab_size": each["size"],
        }  # fmt: skip
    for each in told.description["lists"]:
        found.features[each["name"]] = {
            "source": "", "type": "sequence", "padding_idx": 0, "vocab_size": each["size"], "max_len": each["length"],
            "feature_encoder": "layers.MaskedAveragePooling()",
        }  # fmt: skip
        if each["shares"] is not None:
            found.features[each["name"]]["share_embedding"] = each["shares"]
    found.labels = told.tasks
    found.num_fields = found.get_num_fields()
    found.set_column_index()
    return found


def main() -> None:
    logging.basicConfig(level=logging.INFO)  # where its scores of an epoch are told
    told = given()
    torch.set_num_threads(1)
    seed_everything(told.seed)
    y = np.nan_to_num(told.arrays["targets"], nan=NOT_COUNTED)
    columns = told.columns() | {task: y[:, i] for i, task in enumerate(told.tasks)}
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        described = feature_map(told, folder)
        (Path(folder) / described.dataset_id).mkdir()
        windows = [*told.windows[:2], slice(told.windows[1].start, told.windows[2].stop)]
        loaders = []
        for name, window in zip(("train", "validation", "asked"), windows, strict=True):
            np.savez(Path(folder) / f"{name}.npz", **{c: values[window] for c, values in columns.items()})
            path, shuffled = str(Path(folder) / f"{name}.npz"), name == "train"
            loaders.append(NpzDataLoader(described, path, batch_size=BATCH, shuffle=shuffled, num_workers=0))
        model = MMoE(described, told.kinds, folder)
        model.fit(loaders[0], epochs=EPOCHS, validation_data=loaders[1])
        found = model.predict(loaders[2])
    settings = {
        "embedding": DIM, "batch": BATCH, "epochs, at the most": EPOCHS, "patience": PATIENCE,
        "experts": f"{NUM_EXPERTS} x {EXPERT}",
        "gate": GATE, "tower": TOWER, "optimizer": f"Adam {RATE}", "l2 of embeddings": EMBEDDING_L2,
    }  # fmt: skip
    predictions = np.array([found[task] for task in told.tasks]).T
    answer(told, predictions, started, ["fuxictr", "torch"], settings, NOTES)


if __name__ == "__main__":
    main()
