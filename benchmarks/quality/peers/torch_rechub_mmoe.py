"""Torch-RecHub's MMOE with the settings of its example for multi-task learning (examples/ranking, Ali-CCP)."""

import copy
import time

import numpy as np
import torch
from torch_rechub.basic.features import SequenceFeature, SparseFeature
from torch_rechub.models.multi_task import MMOE
from torch_rechub.trainers import MTLTrainer
from torch_rechub.utils.data import DataGenerator

from benchmarks.quality.peers.arrays import answer, given
from benchmarks.quality.peers.masked import NOT_COUNTED, squared_error

DIM, EPOCHS, PATIENCE, BATCH = 16, 10, 2, 1024
NUM_EXPERTS, EXPERT, TOWER = 8, [16], [8]
OPTIMIZER = {"lr": 1e-3, "weight_decay": 1e-4}
NOTES = [
    "Torch-RecHub: dwell by a squared error of log1p seconds in clicked rows, put in place of the trainer's own (which "
    "counts every row); the epoch with the best mean AUC of the binary tasks on the validation day, by the trainer's "
    "own passes, since its stopping looks at one task and keeps the last epoch where it does not stop early."
]


def main() -> None:
    told = given()
    torch.set_num_threads(1)
    torch.manual_seed(told.seed)
    columns = told.columns()
    y = np.nan_to_num(told.arrays["targets"], nan=NOT_COUNTED)
    features = [SparseFeature(each["name"], each["size"], embed_dim=DIM) for each in told.description["ids"]]
    features += [
        SequenceFeature(each["name"], each["size"], DIM, "mean", shared_with=each["shares"], padding_idx=0)
        for each in told.description["lists"]
    ]
    types = ["classification" if kind == "binary" else "regression" for kind in told.kinds]
    towers = [{"dims": TOWER} for _ in types]
    train, validation, test = ({name: column[window] for name, column in columns.items()} for window in told.windows)
    labels = [y[window] for window in told.windows]
    started = time.perf_counter()
    fit, watch, _ = DataGenerator(train, labels[0]).generate_dataloader(
        x_val=validation, y_val=labels[1], x_test=test, y_test=labels[2], batch_size=BATCH
    )
    model = MMOE(features, types, NUM_EXPERTS, expert_params={"dims": EXPERT}, tower_params_list=towers)
    trainer = MTLTrainer(model, types, optimizer_params=OPTIMIZER)
    trainer.loss_fns = [
        squared_error if kind == "regression" else own for kind, own in zip(types, trainer.loss_fns, strict=True)
    ]
    best, best_epoch = -np.inf, 0
    for epoch in range(EPOCHS):
        trainer.train_one_epoch(fit)
        scores = trainer.evaluate(model, watch)
        score = np.mean([each for each, kind in zip(scores, types, strict=True) if kind == "classification"])
        print(f"epoch {epoch + 1}: mean AUC {score:.4f} on the validation rows", flush=True)
        if score > best:
            best, best_epoch, weights = score, epoch, copy.deepcopy(model.state_dict())
        if epoch - best_epoch >= PATIENCE:
            break
    model.load_state_dict(weights)
    asked = {name: column[told.windows[1].start :] for name, column in columns.items()}
    _, _, rest = DataGenerator(asked, y[told.windows[1].start :]).generate_dataloader(
        x_val=validation, y_val=labels[1], x_test=asked, y_test=y[told.windows[1].start :], batch_size=BATCH
    )
    predictions = np.array(trainer.predict(model, (batch for batch, _ in rest)))
    settings = {
        "embedding": DIM, "batch": BATCH, "epochs, at the most": EPOCHS, "patience": PATIENCE,
        "experts": f"{NUM_EXPERTS} x {EXPERT}",
        "tower": TOWER, "optimizer": f"Adam {OPTIMIZER}",
    }  # fmt: skip
    answer(told, predictions, started, ["torch-rechub", "torch"], settings, NOTES)


if __name__ == "__main__":
    main()
