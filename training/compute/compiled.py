"""Trunk and heads as one compiled function, tried before the training begins."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor

from models.network import Forward, Network

FEWEST_STEPS = 5_000
"""Steps from which `auto` compiles: half a minute of compiling is then some milliseconds a step."""
CACHE_VARIABLE = "TORCHINDUCTOR_CACHE_DIR"
Function = Callable[[Tensor], Forward]


def is_wanted(setting: bool | str, has_units: bool, num_steps: int) -> tuple[bool, str]:
    """Whether to compile, and why."""
    if setting != "auto":
        return bool(setting), "as configured"
    if not has_units:
        return False, "auto: no quicker where products in float32 take the time"
    if num_steps < FEWEST_STEPS:
        return False, f"auto: fewer than {FEWEST_STEPS:,} steps"
    return True, f"auto: {num_steps:,} steps"


def compiled(network: Network, num_rows: int, precision: torch.dtype, folder: Path) -> tuple[Function | None, str]:
    """`network.after_embeddings` for batches of so many rows, and what to say of it; None where it cannot be compiled.

    It is run forward and back once, so that whatever fails fails here: where there is no compiler, say. Nothing of the
    network changes, and no random number is drawn.

    Args:
        network: in training.
        num_rows: of every batch that the function is for.
        precision: of products.
        folder: keeps what was compiled, for later runs on this machine; TORCHINDUCTOR_CACHE_DIR goes before it.
    """
    os.environ.setdefault(CACHE_VARIABLE, str(folder.absolute()))
    started = time.monotonic()
    function: Function = torch.compile(network.after_embeddings, dynamic=False)
    try:
        with _unchanged(network):
            _tried(network, function, num_rows, precision)
    except Exception as error:  # compilers fail in their own ways, and a training needs none of them
        reason = str(error).strip().splitlines() or [type(error).__name__]
        return None, f"not compiled, since that failed: {reason[0]}"
    return function, f"compiled in {time.monotonic() - started:.0f} s"


def _tried(network: Network, function: Function, num_rows: int, precision: torch.dtype) -> None:
    network.train()
    device = next(network.shared.parameters()).device
    x = torch.zeros(num_rows, network.embeddings.output_width, device=device, requires_grad=True)
    with torch.autocast(device.type, torch.bfloat16, enabled=precision == torch.bfloat16):
        found = function(x)
    torch.autograd.backward([output.float().sum() for output in found.outputs.values()])


@contextmanager
def _unchanged(network: Network) -> Iterator[None]:
    """Afterwards buffers, gradients and generators are what they were."""
    buffers = [(buffer, buffer.clone()) for buffer in network.buffers()]
    gradients = [(parameter, parameter.grad) for parameter in network.parameters()]
    try:
        with torch.random.fork_rng():
            yield
    finally:
        for buffer, before in buffers:
            buffer.copy_(before)
        for parameter, gradient in gradients:
            parameter.grad = gradient
