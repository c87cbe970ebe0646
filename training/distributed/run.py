"""A whole run of several processes: each trains on its slices, and the first one finishes alone.

What follows the training (calibration, edges, the test window, the checkpoint) needs the whole table in one place, as
serving does. So it is gathered once, when training is over, and what the first process then has is in nothing different
from what one process would have.
"""

from collections.abc import Sequence
from functools import partial

import torch
from rich.console import Console

from models.network import Network
from models.predictor import Predictor
from training.config import Config
from training.distributed.agreement import check_agreed
from training.distributed.embedding import ShardedEmbedding
from training.distributed.keeping import RanksKeeping
from training.distributed.meeting import come_to, wait_for
from training.distributed.states import ShardedStates
from training.distributed.supported import check_normalisation, table_optimizer
from training.distributed.trainer import RankTrainer
from training.distributed.whole import WholeEmbedding, whole_table
from training.distributed.world import World
from training.evaluation.calibrate import fit_calibrations
from training.evaluation.edges import edge_uses
from training.history import History
from training.observers import Observer, Observers
from training.pipeline import Prepared, Run, Trained, evaluated, prepare, total_steps
from training.progress import Progress
from training.resume.keeping import UNKEPT, Keeping
from training.say import say
from training.telling import tell_compute, tell_settings, tell_stopped

APART = 1_000_003
"""Between the seeds of two processes, so that they drop out other units."""


def prepare_in_turn(world: World, config: Config, console: Console) -> Prepared:
    """The fitted and encoded log: the first process of each host makes it, and the others find it in the cache.

    Every host fits the same encoder, because fitting depends on the log and the configuration alone.

    Raises:
        TrainingError: two hosts found different logs.
    """
    host, process = "threefold/prepared/host/{}", "threefold/prepared/process/{}"
    if not world.is_first_of_host:
        wait_for([host.format(world.host)])
    prepared = prepare(config, console)
    if world.is_first_of_host:
        come_to(host.format(world.host))
    come_to(process.format(world.rank))
    wait_for([process.format(rank) for rank in range(world.size)])
    check_agreed(
        {
            "rows of the training window": prepared.windows.train.num_rows,
            "rows of the validation window": prepared.windows.validation.num_rows,
            "rows of the embedding table": prepared.data.encoder.num_rows,
            "the configuration": config.model_copy(update={"data": config.data.model_copy(update={"path": ""})}),
        }
    )
    return prepared


def run_among(
    world: World,
    device: torch.device,
    prepared: Prepared,
    console: Console,
    observers: Sequence[Observer] = (),
    states: ShardedStates | None = None,
) -> Run | None:
    """Train with all other processes; the finished run in the first of them, None in the others.

    Args:
        world: of this process.
        device: where its tensors are.
        prepared: the log and its configuration.
        console: is told how it goes.
        observers: are told of the steps.
        states: of the training, where a killed one goes on; None where none are kept.
    """
    settings = prepared.config.training
    if settings.num_threads is not None:
        torch.set_num_threads(settings.num_threads)
    torch.manual_seed(settings.seed)
    network = _network(prepared, device)
    with Progress(console, total_steps(prepared)) as progress:
        trainer = RankTrainer(
            world,
            settings,
            network,
            prepared.stream((world.rank, world.size)),
            prepared.validation(),
            prepared.rows_per_epoch,
            Observers([progress, *observers]),
        )
        tell_settings(console, trainer, prepared)
        tell_compute(console, trainer, prepared, settings.batch_size // world.size)
        say(console, f"processes  {world.size}, each with {settings.batch_size // world.size:,} rows of a batch")
        seed = settings.seed + APART * world.rank
        if not world.is_first:
            torch.manual_seed(seed)
        table = trainer.embedding.sharded
        keeping: Keeping = UNKEPT
        if states is not None:
            keeping = RanksKeeping(world, states, settings.resume, table, seed, partial(say, console))
        history = trainer.train(keeping)
    tell_stopped(console, history)
    whole = _whole_network(world, prepared, trainer.embedding, network.cpu())
    return None if whole is None else evaluated(prepared, _trained(prepared, whole, history))


def _network(prepared: Prepared, device: torch.device) -> Network:
    eps = table_optimizer(prepared.config).eps
    first_layer = partial(ShardedEmbedding, eps=eps, device=device)
    network = Network(prepared.config.model_part(), prepared.data.encoder, prepared.data.statistics, first_layer)
    check_normalisation(network)
    return network.to(device)


def _whole_network(world: World, prepared: Prepared, embedding: ShardedEmbedding, network: Network) -> Network | None:
    """The trained network with its table in one piece, in the first process."""
    table = whole_table(embedding.sharded, world)
    if table is None:
        return None
    first_layer = partial(WholeEmbedding, table=table)
    whole = Network(prepared.config.model_part(), prepared.data.encoder, prepared.data.statistics, first_layer)
    whole.load_state_dict({**network.state_dict(), "embeddings.table": table})
    return whole


def _trained(prepared: Prepared, network: Network, history: History) -> Trained:
    encoder, validation = prepared.data.encoder, prepared.validation()
    calibrations = fit_calibrations(network, encoder, validation)
    predictor = Predictor(prepared.config.model_part(), encoder, network, calibrations)
    return Trained(predictor, history, edge_uses(network, validation))
