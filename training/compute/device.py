"""Which device trains, and how batches get there."""

from dataclasses import replace
from typing import Literal

import torch
from torch import Tensor

from models.batch import EncodedBatch
from models.errors import ConfigError
from training.data.batches import TrainingBatch

DeviceName = Literal["auto", "cpu", "cuda"]


def chosen_device(name: DeviceName) -> torch.device:
    """The device of that name; `auto` is a GPU where there is one.

    Raises:
        ConfigError: a GPU is asked for and PyTorch finds none.
    """
    has_gpu = torch.cuda.is_available()
    if name == "cuda" and not has_gpu:
        raise ConfigError(
            'training.device = "cuda" needs a GPU that PyTorch can use; it finds none here: install a CUDA build of '
            'PyTorch and a driver, or write "auto", which takes a GPU where there is one'
        )
    return torch.device("cuda" if name == "cuda" or (name == "auto" and has_gpu) else "cpu")


def moved(batch: TrainingBatch, device: torch.device) -> TrainingBatch:
    """The batch on the device; the very same one where it is there already.

    Memory that is pinned is copied while the device still works on the batch before.
    """
    if batch.inputs.ids.device.type == device.type:
        return batch
    inputs = batch.inputs
    encoded = EncodedBatch(
        _moved(inputs.ids, device),
        {name: _moved(bag, device) for name, bag in inputs.bags.items()},
        _moved(inputs.numerics, device),
    )
    return replace(batch, inputs=encoded, labels={name: _moved(each, device) for name, each in batch.labels.items()})


def _moved(tensor: Tensor, device: torch.device) -> Tensor:
    if device.type == "cuda" and tensor.device.type == "cpu":
        tensor = tensor.pin_memory()
    return tensor.to(device, non_blocking=True)
