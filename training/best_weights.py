"""The weights of the best validation so far, kept on disk while training goes on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file

from models.atomic import whole_file
from models.network import Network
from training.resume.store import sha256


class BestWeights:
    """Keeps a network's weights in a folder: the best ones, and those that the last training state refers to.

    Args:
        network: whose weights they are.
        folder: where they lie, each kept set in a file of its own.
    """

    def __init__(self, network: Network, folder: Path) -> None:
        self._network = network
        self._folder = folder
        self._file: Path | None = None
        self._digest: str | None = None
        self._spared: Path | None = None

    def keep(self, step: int) -> None:
        """Keep the weights as they are after a step, in place of what was kept before."""
        file = self._folder / f"best-{step:012d}.safetensors"
        with whole_file(file) as beside:
            save_file({name: tensor.contiguous() for name, tensor in self._network.state_dict().items()}, beside)
        if self._file not in (None, file, self._spared):
            self._file.unlink()
        self._file, self._digest = file, None

    def put_back(self) -> None:
        """Give the network the weights that were kept."""
        assert self._file is not None, "a run looks at the validation window before it ends"
        self._network.load_state_dict(load_file(self._file))

    def files(self) -> dict[str, str]:
        """By name, the SHA-256 of what is kept."""
        if self._file is None:
            return {}
        self._digest = self._digest or sha256(self._file)
        return {self._file.name: self._digest}

    def spare(self) -> None:
        """A training state on disk now refers to what is kept, and to nothing that was kept before."""
        if self._spared not in (None, self._file):
            self._spared.unlink()
        self._spared = self._file

    def state(self) -> dict[str, Any]:
        """Which file is kept."""
        return {"file": None if self._file is None else self._file.name}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from such a state; what was kept after it is removed."""
        self._file = self._spared = None if state["file"] is None else self._folder / state["file"]
        for file in self._folder.glob("best-*"):
            if file != self._file:
                file.unlink()
