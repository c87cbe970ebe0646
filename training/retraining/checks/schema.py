"""New files hold what the configuration names, in types that it takes."""

from training.profiling.window_profile import WindowProfile
from training.retraining.observation import Observation


def schema(new: WindowProfile) -> Observation:
    """Held where the log cannot be read so, or has no row."""
    if new.refused is not None:
        return Observation.of("schema", None, 1, 0, False, new.refused)
    return Observation.of("schema", None, 0, 0, True, "every file has the configured columns, in types that fit")
