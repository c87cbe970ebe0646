"""On what, how precisely and how a network computes: device, precision, compiled or not."""

from training.compute.compute import Compute
from training.compute.device import DeviceName, chosen_device
from training.compute.precision import PrecisionName

__all__ = ["Compute", "DeviceName", "PrecisionName", "chosen_device"]
