"""The training loop of one process among several: its slice of each batch, and the step of all."""

from collections.abc import Mapping

from torch import Tensor

from models.errors import TrainingError
from models.network import Network
from training.config import TrainingConfig
from training.data.batches import BatchStream, TrainingBatch
from training.distributed.embedding import ShardedEmbedding
from training.distributed.gradients import add_up
from training.distributed.losses import losses_of_all, shares_of_all
from training.distributed.validation import SharedValidator
from training.distributed.world import World
from training.observers import Observer
from training.trainer import Trainer

TABLE = "embeddings"


class RankTrainer(Trainer):
    """Makes the steps that one process would make of the whole batches, together with all other processes.

    Losses, gradients and what validation finds are the same numbers in every process, and so is every decision.

    Args:
        world: of this process.
        config: how to train.
        network: its first layer is a `ShardedEmbedding`.
        stream: this process's slice of each batch; all slices are of one size.
        validation: encoded rows of the validation window, all of them.
        rows_per_epoch: rows of the training window, over all processes.
        progress: is told of every step.
    """

    def __init__(
        self,
        world: World,
        config: TrainingConfig,
        network: Network,
        stream: BatchStream,
        validation: TrainingBatch,
        rows_per_epoch: int,
        progress: Observer,
    ) -> None:
        super().__init__(config, network, stream, validation, rows_per_epoch, progress)
        assert isinstance(network.embeddings, ShardedEmbedding), "the table of several processes is in shards"
        self.embedding = network.embeddings
        self._world = world
        self._dense = [each for each in network.parameters() if each.requires_grad]
        self.validator = SharedValidator(world, network, self.compute.moved(validation), config.batch_size)

    def step(self, batch: TrainingBatch) -> dict[str, Tensor]:
        """One step of all processes; see `Trainer.step`."""
        self.embedding.sharded.set_rate(self._rate)  # before rows are fetched, or it comes a step too late
        return super().step(batch)

    def losses_of(self, outputs: Mapping[str, Tensor], batch: TrainingBatch) -> dict[str, Tensor]:
        """By task with a row in any slice, its mean loss over the rows of all of them, a scalar."""
        return losses_of_all(self.network, outputs, batch.labels, batch.sampling)

    def shares_of(self, batch: TrainingBatch) -> dict[str, float]:
        """By task, the share of all slices' rows that its loss is the mean of."""
        return shares_of_all(batch.labels, batch.sampling)

    def rows_of(self, batch: TrainingBatch) -> int:
        """Rows of all slices."""
        return len(batch) * self._world.size

    def complete_gradients(self) -> None:
        """Add up the gradients of all slices; where one process found rows' gradients not finite, all end."""
        if not add_up(self._dense, list(self.weighting.parameters()), self.embedding.is_sound):
            raise TrainingError(
                f"gradients are finite; those of '{TABLE}' are not in step {self.history.num_steps + 1:,}, with a "
                f"learning rate of {self._rate:g}. No weight was moved by this batch. Lower the rate, or look for "
                f"extreme values in the log"
            )

    def move_weights(self) -> None:
        """Move the rows where they are held, and the copies of all other weights by the same step in each process."""
        if self._rate > 0:
            self.embedding.move()
        super().move_weights()

    @property
    def _rate(self) -> float:
        return self.optimizers.learning_rates()[TABLE]
