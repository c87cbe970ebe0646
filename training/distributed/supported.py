"""Refuses what several processes would compute otherwise than one, before anything is trained."""

from collections.abc import Iterator
from pathlib import Path

from models.errors import ConfigError
from models.heads import BinaryTask
from models.network import Network
from models.normalisation import BatchNormalisation
from training.config import Config
from training.optimizers import OptimizerConfig
from training.optimizers.groups import claimed
from training.optimizers.rowwise_adagrad import RowwiseAdagradConfig

BETWEEN_TASKS = ("gradients", "gradnorm")
"""Weightings that compare the tasks' gradients over a batch, of which a process has only its slice."""


def check_supported(config: Config, parent: Path | str | None = None) -> None:
    """Look through a configuration.

    Args:
        config: of the run.
        parent: a checkpoint that is to be trained on.

    Raises:
        ConfigError: naming every setting that one process alone can follow.
    """
    found = [*_found(config), *([] if parent is None else [f"--from {parent}: a version is trained on by one process"])]
    if found:
        listed = "\n".join(f"  {each}" for each in found)
        raise ConfigError(
            f"several processes train what they compute exactly as one does; found {len(found)} setting(s) that they "
            f"do not (docs/distributed.md):\n{listed}\nChange them, or train in one process"
        )


def check_normalisation(network: Network) -> None:
    """Look through a network.

    Raises:
        ConfigError: a layer takes means over the rows of a batch, of which each process has only its slice.
    """
    for name, module in network.named_modules():
        if isinstance(module, BatchNormalisation):
            raise ConfigError(
                f"several processes have no normalisation over the rows of a batch; found one in '{name}': set "
                f'`normalisation` to "layer" or "none", and `interactions` to "none", or train in one process'
            )


def table_optimizer(config: Config) -> RowwiseAdagradConfig:
    """The optimizer of the table, which is fused into its backward pass.

    Raises:
        ConfigError: it is of another kind.
    """
    found = claimed("embeddings", config.training.optimizers)
    if not isinstance(found, RowwiseAdagradConfig):
        raise ConfigError(_of_table(found))
    return found


def _found(config: Config) -> Iterator[str]:
    training = config.training
    table = claimed("embeddings", training.optimizers)
    if not isinstance(table, RowwiseAdagradConfig):
        yield _of_table(table)
    elif table.weight_decay:
        yield (
            f"training.optimizers.embeddings.weight_decay = {table.weight_decay:g}: the fused row-wise AdaGrad has "
            f"none; set it to 0"
        )
    for name, group in training.optimizers.items():
        if group.learning_rate == "auto":
            yield f'training.optimizers.{name}.learning_rate = "auto": write down what `threefold lr-range` finds'
    if training.weighting.kind in BETWEEN_TASKS:
        yield f'training.weighting.kind = "{training.weighting.kind}": it compares gradients over a whole batch'
    if training.average_weights:
        yield f"training.average_weights = {training.average_weights:g}: states hold no average in shards"
    if training.growth is not None:
        yield "training.growth: what the optimizer remembers of ids is kept by one process"
    if training.reset_embeddings != "never":
        yield f'training.reset_embeddings = "{training.reset_embeddings}": shards are drawn once'
    for task in config.tasks:
        if isinstance(task, BinaryTask) and task.entire_space is not None:
            yield f"tasks.{task.name}.entire_space: its loss is no mean over rows in which one label counts"


def _of_table(found: OptimizerConfig) -> str:
    return f'training.optimizers.embeddings.kind = "{found.kind}": tables in shards have "rowwise_adagrad"'
