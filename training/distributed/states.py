"""Training states of several processes: each writes what it holds, and any number of processes reads it again.

PyTorch's distributed checkpoint writes the tensors, as safetensors with the place of each part in its header: no pickle
(https://docs.pytorch.org/docs/stable/distributed.checkpoint.html). The folder has to be one that all hosts see.

    state-000000001200/shard-00001-model-00001-of-00001.safetensors    one file a process
    state-000000001200/state.json                                      numbers, shapes, and the size of each file
"""

import json
import shutil
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from models.atomic import whole_file, whole_folder
from models.errors import TrainingError
from training.distributed.agreement import told
from training.distributed.world import World

FORMAT = 1
STATE = "state.json"


@dataclass(frozen=True)
class Found:
    """A state on disk.

    Attributes:
        folder: where it lies.
        plain: all that is no tensor.
        shapes: by name, type and shape of each tensor that all processes have alike.
        world_size: how many processes wrote it.
    """

    folder: Path
    plain: Any
    shapes: dict[str, tuple[torch.dtype, list[int]]]
    world_size: int


class ShardedStates:
    """The states of one training, in a folder that all of its processes see.

    Args:
        world: of this process.
        folder: holds them.
        fingerprint: of the training; a state of another one is never read.
        tell: is told which states were ignored, and why.
    """

    def __init__(self, world: World, folder: Path, fingerprint: str, tell: Callable[[str], None]) -> None:
        self.folder = folder
        self._world = world
        self._fingerprint = fingerprint
        self._tell = tell
        if world.is_first:
            for left_by_a_kill in folder.glob(".*.partial"):
                shutil.rmtree(left_by_a_kill)

    def write(self, name: str, plain: Any, copies: Mapping[str, Tensor], parts: Mapping[str, Tensor]) -> None:
        """Write a state; those before it are removed once it is whole. All processes call it together.

        Args:
            name: later states have later ones in the order of the alphabet.
            plain: all that is no tensor, as JSON; the first process's counts.
            copies: by name, what all processes have alike.
            parts: by name, what this one has alone: DTensors, and tensors under a name of its own.
        """
        before, target = self._folders(), self.folder / f"state-{name}"
        with ExitStack() as stack:
            own = None
            if self._world.is_first:
                shutil.rmtree(target, ignore_errors=True)  # it was torn, or the training would have gone on from it
                own = stack.enter_context(whole_folder(target))
            beside = self.folder / told("" if own is None else own.name)
            _save(beside, {**copies, **parts})
            dist.barrier()
            if self._world.is_first:
                self._seal(beside, plain, copies)
        if self._world.is_first:
            for folder in before:
                shutil.rmtree(folder, ignore_errors=True)
        dist.barrier()

    def newest(self) -> Found | None:
        """The newest state that is whole and of this training, the same for all processes; None where there is none."""
        chosen = self._newest_folder() if self._world.is_first else None
        name = told("" if chosen is None else chosen.name)
        if not name:
            return None
        content = json.loads((self.folder / name / STATE).read_bytes())
        shapes = {key: (getattr(torch, dtype), shape) for key, (dtype, shape) in content["shapes"].items()}
        return Found(self.folder / name, content["plain"], shapes, content["world_size"])

    def read(self, found: Found, wanted: dict[str, Any]) -> None:
        """Fill tensors in place, each from whichever files hold parts of it. All processes call it together.

        Args:
            found: the state.
            wanted: by name, tensors and DTensors of the stored types and whole shapes.
        """
        from torch.distributed.checkpoint.api import CheckpointException
        from torch.distributed.checkpoint.hf_storage import HuggingFaceStorageReader
        from torch.distributed.checkpoint.state_dict_loader import load

        try:
            load(wanted, storage_reader=HuggingFaceStorageReader(str(found.folder)))
        except CheckpointException as error:
            raise ValueError(str(error).splitlines()[0]) from error

    def clear(self) -> None:
        """Remove all states of the training; the first process does."""
        if self._world.is_first:
            for folder in self._folders():
                shutil.rmtree(folder)

    def _seal(self, folder: Path, plain: Any, copies: Mapping[str, Tensor]) -> None:
        content = {
            "format": FORMAT,
            "fingerprint": self._fingerprint,
            "world_size": self._world.size,
            "sizes": {file.name: file.stat().st_size for file in sorted(folder.iterdir())},
            "shapes": {
                name: (str(each.dtype).removeprefix("torch."), list(each.shape)) for name, each in copies.items()
            },
            "plain": plain,
        }
        with whole_file(folder / STATE) as beside:
            beside.write_text(json.dumps(content), encoding="utf-8")

    def _folders(self) -> list[Path]:
        """Oldest first."""
        return sorted(self.folder.glob("state-*"))

    def _newest_folder(self) -> Path | None:
        for folder in reversed(self._folders()):
            why = self._unusable(folder)
            if why is None:
                return folder
            self._tell(f"a training state was ignored: {folder.name} in {self.folder} {why}")
        return None

    def _unusable(self, folder: Path) -> str | None:
        """Why a state cannot be gone on from; None where it can."""
        try:
            content = json.loads((folder / STATE).read_bytes())
            if (content["format"], content["fingerprint"]) != (FORMAT, self._fingerprint):
                return "is of another configuration, log or version"
            torn = [name for name, size in content["sizes"].items() if (folder / name).stat().st_size != size]
        except (OSError, ValueError, KeyError, TypeError) as error:
            return f"is not readable: {error}"
        return f"has another size of {', '.join(torn)} than its {STATE} says" if torn else None


def _save(folder: Path, tensors: dict[str, Tensor]) -> None:
    """Write this process's share of the tensors; all processes call it together."""
    from torch.distributed.checkpoint.api import CheckpointException
    from torch.distributed.checkpoint.hf_storage import HuggingFaceStorageWriter
    from torch.distributed.checkpoint.state_dict_saver import save

    try:
        save(tensors, storage_writer=HuggingFaceStorageWriter(str(folder), save_distributed=True))
    except CheckpointException as error:
        raise TrainingError(
            f"training states are written by all processes; in {folder.parent} one of them could not: "
            f"{str(error).splitlines()[0]}. Make room and rights there, or set [training.resume] `enabled` to false"
        ) from error
