"""How a run begins that goes on from a parent: its weights, and what its optimizers knew."""

from models.config import ModelConfig
from models.network import Network
from training.fitting.fit import FittedData
from training.growth.optimizer_state import restore
from training.growth.parent import Parent
from training.growth.rows import row_map
from training.optimizers import SubnetOptimizers


def first_network(model: ModelConfig, data: FittedData, parent: Parent | None) -> Network:
    """The network before the first step: random, or the parent's with a grown table.

    Raises:
        CheckpointError: the parent's weights do not fit.
    """
    network = Network(model, data.encoder, data.statistics)
    if parent is not None:
        parent.give_weights(network, row_map(parent.encoder, data.encoder))
    return network


def give_optimizer_state(parent: Parent, data: FittedData, network: Network, optimizers: SubnetOptimizers) -> str:
    """Let optimizers go on from where the parent's were; rates and schedules start anew.

    Returns:
        What a person should know of it.

    Raises:
        CheckpointError: the parent's state cannot be read.
    """
    state = parent.optimizer_state()
    if state is None:
        return (
            f"note: {parent.version} kept no optimizer state: the first steps move what is old as far as what is new. "
            f"[training.growth] in the parent's configuration keeps it"
        )
    anew = restore(state.grown(row_map(parent.encoder, data.encoder)), network, optimizers)
    begins = f"; those of {', '.join(anew)} are of another kind and begin anew" if anew else ""
    return f"optimizers go on from {parent.version}{begins}"


def growth_told(parent: Parent, data: FittedData) -> str:
    """What became of the ids, for people: a line each vocabulary."""
    changes = row_map(parent.encoder, data.encoder).changes
    lines = (
        f"  {owner:<18} {change.kept:,} ids kept, {change.added:,} new, {change.evicted:,} dropped"
        for owner, change in changes.items()
    )
    return "\n".join([f"trains {parent.version} on", *lines])
