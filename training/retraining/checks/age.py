"""How long ago the champion saw its newest row, when new rows came.

A champion that was not replaced for a while knows fewer ids, and the world has moved on from it: limits that did not
grow with its age would hold every candidate from then on, and it would never be replaced again.
"""

from datetime import timedelta

from models.reference import Reference
from training.profiling.window_profile import WindowProfile


def days_behind(new: WindowProfile, reference: Reference) -> float:
    """Days from the champion's newest row to the newest of the new ones, at least 1."""
    newest = max((part.newest for part in new.partitions.values()), default=reference.newest)
    return max(1.0, (newest - reference.newest) / timedelta(days=1))
