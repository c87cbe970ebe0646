"""What every part of a training is that outlives a step."""

from collections.abc import Mapping
from typing import Any, Protocol

import torch
from torch import nn


class Part(Protocol):
    """Gives its state, and goes on from one."""

    def state(self) -> dict[str, Any]:
        """Dictionaries with text for keys, lists, tuples, tensors and what JSON knows. Nothing is copied."""

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a state that was read: tuples have become lists, and tensors belong to the reader: copy them."""


class Weights:
    """What a module stores: its parameters and running statistics."""

    def __init__(self, module: nn.Module) -> None:
        self._module = module

    def state(self) -> dict[str, Any]:
        """All of it, by name."""
        return dict(self._module.state_dict())

    def restore(self, state: Mapping[str, Any]) -> None:
        """Put it back in place."""
        self._module.load_state_dict(dict(state))


class Generators:
    """PyTorch's own generators, which dropout draws from: the only ones that a run goes on drawing from.

    All others are made anew from the seed and the epoch or the step: those of the batches (training/data/), of teacher
    forcing and of a new table.
    """

    def state(self) -> dict[str, Any]:
        """Of the processor, and of each accelerator."""
        of_devices = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
        return {"cpu": torch.get_rng_state(), "cuda": of_devices}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Draw what would have been drawn next."""
        torch.set_rng_state(state["cpu"].clone())
        if state["cuda"]:
            torch.cuda.set_rng_state_all([each.clone() for each in state["cuda"]])
