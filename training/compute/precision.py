"""How precisely matrices are multiplied: in float32, or in bfloat16 where the device has units for that.

Kalamkar et al., "A Study of BFLOAT16 for Deep Learning Training", 2019, https://arxiv.org/abs/1905.12322: products of
16 bits with sums of 32 train like float32. Weights, losses, optimizers and the embedding table stay in float32.
"""

from typing import Literal

import torch

PrecisionName = Literal["auto", "float32", "bfloat16"]


def has_bfloat16_units(device: torch.device) -> bool:
    """Whether the device multiplies matrices of bfloat16 faster than those of float32.

    Of processors those with AMX do. AVX-512's instruction for bfloat16 alone does no more products a second than the
    one for float32, and PyTorch's products took 1.7 times as long with it (docs/speed.md).
    """
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device.type == "cpu" and bool(torch.cpu.get_capabilities().get("amx_bf16", False))


def chosen_precision(name: PrecisionName, device: torch.device) -> torch.dtype:
    """Of products in trunk and heads. `auto` looks at the device and measures nothing, so that a run repeats itself."""
    if name == "auto":
        return torch.bfloat16 if has_bfloat16_units(device) else torch.float32
    return torch.bfloat16 if name == "bfloat16" else torch.float32
