"""No feature suddenly tells a label."""

from collections.abc import Callable, Iterator, Mapping

from models.reference import Reference
from training.profiling.window_profile import WindowProfile
from training.retraining.checks.config import ChecksConfig
from training.retraining.observation import Observation


def leak(new: WindowProfile, reference: Reference, config: ChecksConfig) -> Iterator[Observation]:
    """One observation for each feature: held where it alone explains far more of a label than it did.

    Of several labels the one that rose the most is named.
    """
    for name, feature in new.features.items():
        before = reference.features.get(name)
        if before is None or not feature.information:
            continue
        usual = before.usual_information
        task = max(feature.information, key=_rise(feature.information, usual))
        found, limit = feature.information[task], usual.get(task, 0.0) + config.max_information_rise
        reason = (
            f"alone it explains {found:.1%} of the entropy of {task}; it was {usual.get(task, 0.0):.1%}, allowed is "
            f"{limit:.1%}"
        )
        reason += "" if found <= limit else ": is it filled in after the fact?"
        yield Observation.of("leak", name, found, limit, found <= limit, reason)


def _rise(now: Mapping[str, float], before: Mapping[str, float]) -> Callable[[str], float]:
    return lambda task: now[task] - before.get(task, 0.0)
