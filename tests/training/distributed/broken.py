"""`threefold`, in which one process ends in the middle of a training; which, when and how is in the environment.

BROKEN = rank:step:how    how is `raises`, or `killed` as by the operating system
"""

import os
import signal

from torch import Tensor

from models.cli import main
from models.errors import TrainingError
from training.data.batches import TrainingBatch
from training.distributed.trainer import RankTrainer

MESSAGE = "this process was asked to end"


class BrokenTrainer(RankTrainer):
    def step(self, batch: TrainingBatch) -> dict[str, Tensor]:
        rank, step, how = os.environ["BROKEN"].split(":")
        if os.environ["RANK"] == rank and self.history.num_steps == int(step):
            if how == "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            raise TrainingError(MESSAGE)
        return super().step(batch)


if __name__ == "__main__":
    import training.distributed.run

    training.distributed.run.RankTrainer = BrokenTrainer  # type: ignore[misc]
    main()
