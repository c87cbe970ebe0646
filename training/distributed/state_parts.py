"""A training of several processes as tensors that are cut into shards, tensors that all have alike, and the rest."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from training.distributed.table import ShardedTable
from training.distributed.world import World
from training.resume.gathering import Gathered
from training.resume.tree import join, split

TABLE = "embeddings.table"
_BEST = "best."


class StateParts:
    """Takes a training apart, and puts it together in as many processes as there are now.

    Args:
        world: of this process.
        table: whose shard this process holds.
        best_folder: where this process keeps the best weights.
        seed: of what this process draws where other processes drew before.
    """

    def __init__(self, world: World, table: ShardedTable, best_folder: Path, seed: int) -> None:
        self._world = world
        self._table = table
        self._best_folder = best_folder
        self._seed = seed

    def taken(self, training: Gathered) -> tuple[Any, dict[str, Tensor], dict[str, Tensor]]:
        """What is no tensor, what all processes have alike, and what this one has alone."""
        tree, parts = dict(training.state()), dict[str, Tensor]()
        if "network" in tree:
            tree["network"] = {name: each for name, each in tree["network"].items() if name != TABLE}
            parts = self._of_table() | {self._own_generator: tree.pop("generators")["cpu"]}
        plain, copies = split(tree)
        if tree["best"]["file"] is not None:
            best = load_file(self._best_folder / tree["best"]["file"])
            parts[_BEST + TABLE] = self._table.sharded(best.pop(TABLE))
            copies |= {_BEST + name: each for name, each in best.items()}
        return plain, copies, parts

    def wanted(self, plain: Mapping[str, Any], world_size: int) -> dict[str, Tensor]:
        """What a state of so many processes has for this one beside the copies, to be filled in place."""
        parts = self._of_table() if "network" in plain else {}
        if parts and world_size == self._world.size:
            parts[self._own_generator] = torch.empty_like(torch.get_rng_state())
        if plain["best"]["file"] is not None:
            parts[_BEST + TABLE] = self._table.sharded(torch.empty_like(self._table.shard))
        return parts

    def put_together(
        self, training: Gathered, plain: Any, copies: Mapping[str, Tensor], parts: Mapping[str, Tensor]
    ) -> None:
        """Bring the training to a state; the shard and its sums are in place already."""
        plain = _here(plain, str(self._table.device))
        tree = join(plain, {name: each for name, each in copies.items() if not name.startswith(_BEST)})
        if "network" in tree:
            tree["network"][TABLE] = self._table.shard
        if tree["best"]["file"] is not None:
            best = {name.removeprefix(_BEST): each for name, each in copies.items() if name.startswith(_BEST)}
            best[TABLE] = self._table.own(parts[_BEST + TABLE])
            save_file(best, self._best_folder / tree["best"]["file"])
        training.restore(tree)
        if self._own_generator in parts:
            torch.set_rng_state(parts[self._own_generator])
        else:
            torch.manual_seed(self._seed + training.history.num_steps)

    def _of_table(self) -> dict[str, Tensor]:
        return {"table": self._table.sharded(self._table.shard), "sums": self._table.sharded(self._table.sums)}

    @property
    def _own_generator(self) -> str:
        return f"generator.{self._world.rank}"


def _here(node: Any, device: str) -> Any:
    """What is no tensor, in which tensors that the first process had on its GPU are on this one's."""
    if isinstance(node, Mapping):
        moved = {key: _here(value, device) for key, value in node.items()}
        return {**moved, "device": device} if str(moved.get("device")).startswith("cuda") else moved
    return [_here(each, device) for each in node] if isinstance(node, list) else node
