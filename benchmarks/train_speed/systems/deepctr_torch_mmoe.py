"""DeepCTR-Torch's MMOE and its `fit`; without its regularisation, which would cost it time."""

import numpy as np
from deepctr_torch.inputs import SparseFeat
from deepctr_torch.models import MMOE

from benchmarks.train_speed.setting import BATCH, DIM, NUM_EXPERTS, SIZES, TASKS, TOWER
from benchmarks.train_speed.stopwatch import given, timed


def main() -> None:
    told = given()
    inputs = [SparseFeat(name, size, embedding_dim=DIM) for name, size in SIZES.items()]
    model = MMOE(
        inputs, num_experts=NUM_EXPERTS, expert_dnn_hidden_units=told.experts, gate_dnn_hidden_units=(),
        tower_dnn_hidden_units=(TOWER,), l2_reg_linear=0, l2_reg_embedding=0, l2_reg_dnn=0, seed=told.seed,
        task_types=["binary"] * len(TASKS), task_names=list(TASKS), device="cpu",
    )  # fmt: skip
    model.compile("adam", loss=["binary_crossentropy"] * len(TASKS))
    ids, labels = told.window(0)
    columns = {name: np.ascontiguousarray(ids[:, n]) for n, name in enumerate(SIZES)}
    with timed(told.watch):
        model.fit(columns, labels, batch_size=BATCH, epochs=1, verbose=0)
    told.reply(["deepctr-torch", "torch"])


if __name__ == "__main__":
    main()
