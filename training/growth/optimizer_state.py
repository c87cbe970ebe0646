"""What the optimizers have gathered, by subnet, parameter and name: kept with a version, and put back row by row."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from models.checkpoint import GROWTH
from models.network import Network
from training.growth.rows import RowMap
from training.optimizers import SubnetOptimizers

OPTIMIZERS = "optimizers.safetensors"
TABLE = "embeddings.table"


@dataclass(frozen=True)
class OptimizerState:
    """State of all optimizers of a network, without that of the weighting, which every run begins anew.

    Attributes:
        kinds: of the optimizer, by subnet.
        values: by subnet, parameter and name of the optimizer's own: `embeddings/embeddings.table/sum`.
    """

    kinds: Mapping[str, str]
    values: Mapping[str, Tensor]

    def grown(self, rows: RowMap) -> "OptimizerState":
        """The same for a grown table: a kept row brings its state along, a new one has none, an evicted one is gone."""

        def moved(key: str, value: Tensor) -> Tensor:
            is_by_row = key.split("/")[1] == TABLE and value.dim() > 0 and len(value) == rows.num_old
            return rows.state(value) if is_by_row else value

        return OptimizerState(self.kinds, {key: moved(key, value) for key, value in self.values.items()})

    def save(self, folder: Path) -> None:
        """Write the file below a folder, which becomes a checkpoint."""
        (folder / GROWTH).mkdir(exist_ok=True)
        values = {key: value.detach().cpu().contiguous() for key, value in self.values.items()}
        save_file(values, folder / GROWTH / OPTIMIZERS, metadata=dict(self.kinds))
        (folder / GROWTH / OPTIMIZERS).chmod(0o644)  # safetensors makes it 0600, and another user may train on


def load_optimizer_state(folder: Path) -> OptimizerState | None:
    """Read back what `save` wrote; None where a version kept nothing.

    Raises:
        SafetensorError: the file is of another form.
    """
    file = folder / GROWTH / OPTIMIZERS
    if not file.is_file():
        return None
    with safe_open(file, framework="pt") as held:
        return OptimizerState(held.metadata() or {}, {key: held.get_tensor(key) for key in held.keys()})  # noqa: SIM118


def optimizer_state(network: Network, optimizers: SubnetOptimizers) -> OptimizerState:
    """What the optimizers of a network know now; the tensors themselves, not copies."""
    held = optimizers.state()["held"]
    names = {subnet: held_names for subnet, held_names in _parameters(network).items() if subnet in held}
    values = {
        f"{subnet}/{name}/{what}": torch.as_tensor(value)
        for subnet in names
        for name, known in zip(names[subnet], held[subnet], strict=True)
        for what, value in known.items()
    }
    return OptimizerState({subnet: optimizers.configs[subnet].kind for subnet in names}, values)


def restore(state: OptimizerState, network: Network, optimizers: SubnetOptimizers) -> list[str]:
    """Let new optimizers go on from a state, at the rates of their own first step.

    Returns:
        Subnets that begin anew, because their optimizer is of another kind than the one that the state is of.
    """
    fresh = optimizers.state()
    names = _parameters(network)
    kind_of = {subnet: config.kind for subnet, config in optimizers.configs.items()}
    anew = [subnet for subnet in names if subnet in fresh["held"] and state.kinds.get(subnet) != kind_of[subnet]]
    device = network.embeddings.table.device
    known = {
        subnet: [_known(state.values, f"{subnet}/{name}/", device) for name in names[subnet]]
        for subnet in fresh["held"]
        if subnet in names and subnet not in anew
    }
    optimizers.restore({**fresh, "held": {**fresh["held"], **known}})
    return anew


def _known(values: Mapping[str, Tensor], prefix: str, device: torch.device) -> dict[str, Any]:
    """State of a parameter, on the device where it is used; counts are numbers and no tensors where they are whole."""
    found = {key.removeprefix(prefix): value for key, value in values.items() if key.startswith(prefix)}
    return {
        key: value.item() if value.dim() == 0 and not value.is_floating_point() else value.to(device)
        for key, value in found.items()
    }


def _parameters(network: Network) -> dict[str, list[str]]:
    """By subnet, the names of its parameters in their order, which is that of its optimizer."""
    name_of = {id(parameter): name for name, parameter in network.named_parameters()}
    return {name: [name_of[id(p)] for p in module.parameters()] for name, module in network.subnets().items()}
