"""What training sees of itself, subnet by subnet and task by task."""

from training.telemetry.telemetry import Telemetry

__all__ = ["Telemetry"]
