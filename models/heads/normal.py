"""The standard normal distribution, as heads need it."""

import math

import torch
from torch import Tensor


class Normal:
    """Its distribution function and the inverse of it, element by element, in 64 bits."""

    def below(self, x: Tensor) -> Tensor:
        """The chance to lie below x; `torch.special.ndtr` keeps few digits where it is small."""
        chance: Tensor = torch.special.erfc(x * -math.sqrt(0.5)) / 2
        return chance

    def log_below(self, x: Tensor) -> Tensor:
        """The logarithm of that chance."""
        logarithm: Tensor = torch.special.log_ndtr(x)
        return logarithm

    def place(self, share: Tensor) -> Tensor:
        """Below what a share of all lies."""
        place: Tensor = torch.special.ndtri(share)
        return place
