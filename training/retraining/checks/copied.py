"""A partition is no copy of an earlier one."""

from collections.abc import Iterator
from statistics import median

from models.reference import Reference
from training.profiling.fingerprint import shared
from training.profiling.window_profile import WindowProfile
from training.retraining.checks.config import ChecksConfig
from training.retraining.observation import Observation

Sketches = dict[str, tuple[int, ...]]


def copied(new: WindowProfile, reference: Reference | None, config: ChecksConfig) -> Iterator[Observation]:
    """Held where too many of a partition's rows are those of another one, on the same time of day."""
    known: Sketches = dict(reference.fingerprints) if reference is not None else {}
    known |= {name: part.fingerprint for name, part in new.partitions.items()}
    usual = _usual(known, set(new.partitions))
    limit = config.max_copied + usual * config.max_copied
    for name, part in new.partitions.items():
        earlier = {other: sketch for other, sketch in known.items() if other < name}
        share, other = _most_shared(part.fingerprint, earlier)
        if share is None:
            yield Observation.passing("copied", name, limit, "no earlier partition whose rows could be told apart")
            continue
        reason = (
            f"{share:.0%} of its rows are in {other}, too, on the same time of day; usual is {usual:.0%}, allowed "
            f"{limit:.0%}"
        )
        yield Observation.of("copied", name, share, limit, share <= limit, reason)


def _usual(known: Sketches, new: set[str]) -> float:
    """What partitions of this log share with another one most often: nearly all where rows are coarse."""
    earlier = {name: sketch for name, sketch in known.items() if name not in new}
    most = [
        _most_shared(sketch, {other: each for other, each in earlier.items() if other != name})[0]
        for name, sketch in earlier.items()
    ]
    found = [share for share in most if share is not None]
    return median(found) if found else 0.0


def _most_shared(sketch: tuple[int, ...], others: Sketches) -> tuple[float | None, str]:
    """The largest share that one of the others has, too, and which one; None where none can tell."""
    found = [(share, other) for other, each in others.items() if (share := shared(sketch, each)) is not None]
    return max(found) if found else (None, "")
