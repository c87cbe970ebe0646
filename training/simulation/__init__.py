"""A synthetic world whose true rates are known, and the impression logs it leaves behind."""

from training.simulation.append import append_days
from training.simulation.config import SimulationConfig
from training.simulation.logs import simulate

__all__ = ["SimulationConfig", "append_days", "simulate"]
