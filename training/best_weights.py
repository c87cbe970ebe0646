"""The weights of the best validation so far, kept on disk while training goes on."""

from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from safetensors.torch import load_file, save_file

from models.atomic import whole_file
from models.network import Network


class BestWeights:
    """Keeps a network's weights in a folder of its own, which is gone afterwards.

    Args:
        network: whose weights they are.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._folder = TemporaryDirectory(prefix="threefold-")
        self._file = Path(self._folder.name) / "best.safetensors"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._folder.cleanup()

    def keep(self) -> None:
        """Keep the weights as they are now, in place of what was kept before."""
        with whole_file(self._file) as beside:
            save_file({name: tensor.contiguous() for name, tensor in self._network.state_dict().items()}, beside)

    def restore(self) -> None:
        """Give the network the weights that were kept."""
        self._network.load_state_dict(load_file(self._file))
