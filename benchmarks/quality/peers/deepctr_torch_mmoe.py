"""DeepCTR-Torch's MMOE with the defaults of its constructor and of `fit`."""

import copy
import time

import numpy as np
import torch
from deepctr_torch.callbacks import Callback
from deepctr_torch.inputs import SparseFeat, VarLenSparseFeat
from deepctr_torch.models import MMOE
from sklearn.metrics import roc_auc_score
from torch import Tensor
from torch.nn import functional

from benchmarks.quality.peers.arrays import Given, answer, given
from benchmarks.quality.peers.masked import NOT_COUNTED, squared_error

DIM, EPOCHS, PATIENCE, BATCH, OPTIMIZER = 16, 10, 2, 256, "adam"
NOTES = [
    "DeepCTR-Torch: dwell by a squared error of log1p seconds in clicked rows, within the loss function that `compile` "
    "takes; the epoch with the best mean AUC of the binary tasks on the validation day, kept by a callback, since its "
    "own EarlyStopping looks at one number for all tasks together."
]


class BestEpoch(Callback):
    """Keeps the weights of the epoch with the best mean AUC over the binary tasks, and stops where none gets better."""

    def __init__(self, told: Given, x: dict[str, np.ndarray], y: np.ndarray) -> None:
        super().__init__()
        self.told, self.x, self.y = told, x, y
        self.best, self.best_epoch, self.weights = -np.inf, 0, None

    def on_epoch_end(self, epoch, logs=None):  # noqa: ANN001, ANN201 - as the library declares it
        predicted = self.model.predict(dict(self.x), 1024)
        self.model.train()
        binary = [i for i, kind in enumerate(self.told.kinds) if kind == "binary"]
        score = np.mean([roc_auc_score(self.y[:, i], predicted[:, i]) for i in binary])
        print(f"epoch {epoch + 1}: mean AUC {score:.4f} on the validation rows", flush=True)
        if score > self.best:
            self.best, self.best_epoch, self.weights = score, epoch, copy.deepcopy(self.model.state_dict())
        self.model.stop_training = epoch - self.best_epoch >= PATIENCE


def main() -> None:
    told = given()
    torch.set_num_threads(1)
    columns = told.columns()
    y = np.nan_to_num(told.arrays["targets"], nan=NOT_COUNTED)
    inputs = [SparseFeat(each["name"], each["size"], embedding_dim=DIM) for each in told.description["ids"]]
    for each in told.description["lists"]:
        sparse = SparseFeat(each["name"], each["size"], embedding_dim=DIM, embedding_name=each["shares"])
        inputs.append(VarLenSparseFeat(sparse, maxlen=each["length"], combiner="mean"))
    types = ["binary" if kind == "binary" else "regression" for kind in told.kinds]

    def loss(predicted: Tensor, label: Tensor, reduction: str) -> Tensor:
        parts = [functional.binary_cross_entropy if kind == "binary" else squared_error for kind in types]
        return sum(part(predicted[:, i], label[:, i], reduction=reduction) for i, part in enumerate(parts))

    train, validation, _ = ({name: column[window] for name, column in columns.items()} for window in told.windows)
    asked = {name: column[told.windows[1].start :] for name, column in columns.items()}
    started = time.perf_counter()
    model = MMOE(inputs, task_types=types, task_names=told.tasks, seed=told.seed, device="cpu")
    model.compile(OPTIMIZER, loss=loss)
    best = BestEpoch(told, validation, y[told.windows[1]])
    model.fit(train, y[told.windows[0]], batch_size=BATCH, epochs=EPOCHS, verbose=0, callbacks=[best])
    model.load_state_dict(best.weights)
    predictions = model.predict(asked, 1024)
    settings = {
        "embedding": DIM, "batch": BATCH, "epochs, at the most": EPOCHS, "patience": PATIENCE,
        "experts": "3 x [256, 128]", "gate": [64],
        "tower": [64], "optimizer": f"{OPTIMIZER}, 1e-3", "l2 of embeddings": 1e-5,
    }  # fmt: skip
    answer(told, predictions, started, ["deepctr-torch", "torch"], settings, NOTES)


if __name__ == "__main__":
    main()
