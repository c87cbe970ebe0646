"""MMoE of FuxiCTR's parts, trained by its `fit` from its array loader; without regularisation.

The package on PyPI leaves the multi-task models of the library's collection out, so the model is put together from the
parts that it has: the multi-task base class, embeddings and MLP blocks.
"""

import tempfile
from pathlib import Path

import numpy as np
import torch
from fuxictr.features import FeatureMap
from fuxictr.pytorch.dataloaders.npz_dataloader import NpzDataLoader
from fuxictr.pytorch.layers import FeatureEmbedding, MLP_Block
from fuxictr.pytorch.models import MultiTaskModel
from fuxictr.pytorch.torch_utils import seed_everything
from torch import Tensor, nn

from benchmarks.train_speed.setting import BATCH, DIM, NUM_EXPERTS, SIZES, TASKS, TOWER
from benchmarks.train_speed.stopwatch import given, timed


class MMoE(MultiTaskModel):
    """Experts, and for each task a linear gate over them and a tower."""

    def __init__(self, feature_map: FeatureMap, experts: tuple[int, ...], folder: str) -> None:
        types = ["binary_classification"] * len(TASKS)
        super().__init__(
            feature_map, model_id="MMoE", task=types, num_tasks=len(types), verbose=0, model_root=folder,
            metrics=["logloss"],
        )  # fmt: skip
        self.embedding_layer = FeatureEmbedding(feature_map, DIM)
        width = DIM * feature_map.num_fields
        self.experts = nn.ModuleList(MLP_Block(width, list(experts), "relu") for _ in range(NUM_EXPERTS))
        self.gates = nn.ModuleList(nn.Linear(width, NUM_EXPERTS, bias=False) for _ in TASKS)
        self.towers = nn.ModuleList(MLP_Block(experts[-1], [TOWER], "relu", 1) for _ in TASKS)
        self.compile("adam", ["binary_crossentropy"] * len(TASKS), 1e-3)
        self.reset_parameters()
        self.model_to_device()

    def forward(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """Probabilities by task."""
        x = self.embedding_layer(self.get_inputs(inputs), flatten_emb=True)
        experts = torch.stack([expert(x) for expert in self.experts], dim=1)
        found = {}
        for task, gate, tower, last in zip(TASKS, self.gates, self.towers, self.output_activation, strict=True):
            mixed = (torch.softmax(gate(x), dim=1).unsqueeze(2) * experts).sum(dim=1)
            found[f"{task}_pred"] = last(tower(mixed))
        return found


def feature_map(folder: str) -> FeatureMap:
    """What the library wants to know of the features."""
    found = FeatureMap("log", folder)
    for name, size in SIZES.items():
        found.features[name] = {"source": "", "type": "categorical", "vocab_size": size}
    found.labels = list(TASKS)
    found.num_fields = found.get_num_fields()
    found.set_column_index()
    return found


def main() -> None:
    told = given()
    seed_everything(told.seed)
    with tempfile.TemporaryDirectory() as folder:
        described = feature_map(folder)
        (Path(folder) / described.dataset_id).mkdir()
        loaders = []
        for number, name in enumerate(("train", "validation")):
            ids, labels = told.window(number)
            columns = dict(zip(SIZES, ids.T, strict=True)) | dict(zip(TASKS, labels.T, strict=True))
            path = str(Path(folder) / f"{name}.npz")
            np.savez(path, **columns)
            loaders.append(NpzDataLoader(described, path, batch_size=BATCH, shuffle=number == 0, num_workers=0))
        model = MMoE(described, told.experts, folder)
        with timed(told.watch):
            model.fit(loaders[0], epochs=1, validation_data=loaders[1])
    told.reply(["fuxictr", "torch"])


if __name__ == "__main__":
    main()
