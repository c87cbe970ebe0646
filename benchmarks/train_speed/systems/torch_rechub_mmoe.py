"""Torch-RecHub's MMOE, trainer and data generator."""

import torch
from torch_rechub.basic.features import SparseFeature
from torch_rechub.models.multi_task import MMOE
from torch_rechub.trainers import MTLTrainer
from torch_rechub.utils.data import DataGenerator

from benchmarks.train_speed.setting import BATCH, DIM, NUM_EXPERTS, SIZES, TASKS, TOWER
from benchmarks.train_speed.stopwatch import given, timed


def main() -> None:
    told = given()
    torch.manual_seed(told.seed)
    features = [SparseFeature(name, size, embed_dim=DIM) for name, size in SIZES.items()]
    types, towers = ["classification"] * len(TASKS), [{"dims": [TOWER]}] * len(TASKS)
    windows = [(dict(zip(SIZES, ids.T, strict=True)), labels) for ids, labels in map(told.window, range(3))]
    (train, y), (validation, y_validation), (test, y_test) = windows
    loader, _, _ = DataGenerator(train, y).generate_dataloader(
        x_val=validation, y_val=y_validation, x_test=test, y_test=y_test, batch_size=BATCH
    )
    model = MMOE(features, types, NUM_EXPERTS, {"dims": list(told.experts)}, towers)
    trainer = MTLTrainer(model, types, optimizer_params={"lr": 1e-3})
    with timed(told.watch):
        trainer.train_one_epoch(loader)
    told.reply(["torch-rechub", "torch"])


if __name__ == "__main__":
    main()
