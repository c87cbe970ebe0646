"""All checks, on the new rows."""

from datetime import datetime

from models.reference import Reference
from training.profiling.window_profile import WindowProfile
from training.retraining.checks.age import days_behind
from training.retraining.checks.champion import champion_on_new_data
from training.retraining.checks.config import ChecksConfig
from training.retraining.checks.copied import copied
from training.retraining.checks.drift import drift
from training.retraining.checks.label_rate import label_rate
from training.retraining.checks.leak import leak
from training.retraining.checks.null_share import null_share
from training.retraining.checks.schema import schema
from training.retraining.checks.staleness import staleness
from training.retraining.checks.unknown_share import unknown_share
from training.retraining.checks.volume import volume
from training.retraining.gates.judged import Judged
from training.retraining.observation import Observation


def check_data(
    new: WindowProfile,
    reference: Reference | None,
    config: ChecksConfig,
    *,
    now: datetime | None = None,
    champion: Judged | None = None,
) -> list[Observation]:
    """What every check sees of new rows.

    Without a reference, checks that compare pass and say so.

    Args:
        new: profile of the new rows.
        reference: of the champion; None where there is no champion, or one from before there were references.
        config: the limits.
        now: the time that the age of the rows is measured at; None leaves their age alone.
        champion: scored on the new rows; None leaves out what it makes of them.
    """
    found = [schema(new)]
    if not found[0].passed:
        return found  # nothing else is known of such rows
    found += [*staleness(new, reference, config, now), *volume(new, reference, config), *copied(new, reference, config)]
    if reference is None:
        return [*found, Observation.passing("reference", None, 0, "no reference of a champion to compare with")]
    found += [*null_share(new, reference, config), *unknown_share(new, reference, config)]
    found += [*label_rate(new, reference, config), *drift(new, reference, config), *leak(new, reference, config)]
    if champion is not None:
        found += champion_on_new_data(champion, reference, config, days_behind(new, reference))
    return found
