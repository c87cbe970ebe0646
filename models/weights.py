"""The weights of a version, mapped into memory and not read: what processes load of the same file, they share."""

import math
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from models.config import ModelConfig
from models.embedding import Embedding
from models.encoder import Encoder
from models.errors import CheckpointError
from models.heads import LabelStatistics
from models.network import Network

_PIECE = 1 << 20
"""Numbers that are looked at together, so that a check takes a few megabytes whatever the table."""


class _WithoutTable(Embedding):
    """Has no table yet: drawing gigabytes at random only to replace them is half of the time of loading."""

    def drawn(self, num_rows: int, dim: int) -> nn.Parameter:
        return nn.Parameter(torch.empty(num_rows, dim, device="meta"))


def loaded_network(
    file: Path, config: ModelConfig, encoder: Encoder, statistics: Mapping[str, LabelStatistics]
) -> Network:
    """The network with the weights of a file.

    Its table is the file, mapped privately: pages come into memory when they are first looked at, all processes share
    them, and a page that is written to becomes the writer's own copy; the file never changes. Everything else is small
    and copied, into memory as aligned as matrix products like it.

    Raises:
        CheckpointError: the weights cannot be read, do not fit or are not finite.
    """
    network = Network(config, encoder, statistics, _WithoutTable)
    try:
        held = load_file(file)
        network.load_state_dict(_as_expected(held, network.state_dict()), assign=True)
    except (RuntimeError, SafetensorError) as error:
        raise CheckpointError(
            f"{file} must fit the network of its manifest; found: {str(error).splitlines()[0]}: retrain it"
        ) from None
    for name, tensor in network.state_dict().items():
        if not is_finite(tensor):
            raise CheckpointError(f"weights must be finite; found NaN or infinity in {name} of {file}: retrain it")
    return network


def is_finite(tensor: Tensor) -> bool:
    """Whether it holds neither NaN nor infinity; nothing as large as the tensor is made on the way."""
    if not tensor.is_floating_point():
        return True
    pieces = torch.split(tensor.detach().reshape(-1), _PIECE)
    return all(math.isfinite(end) for piece in pieces if len(piece) for end in map(float, torch.aminmax(piece)))


def _as_expected(held: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What of a file takes the place of the network's own tensors, of which those without memory stay mapped."""
    taken = {}
    for name, tensor in held.items():
        wanted = expected.get(name, tensor)
        if tensor.dtype != wanted.dtype:
            raise RuntimeError(f"{name} is {tensor.dtype} and not {wanted.dtype}")
        taken[name] = tensor if wanted.is_meta else tensor.clone()
    return taken
