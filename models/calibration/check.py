"""Refuses a calibration by a field that no request is sure to have as one value."""

from collections.abc import Sequence

from models.errors import ConfigError
from models.features import CategoricalFeature, Feature
from models.heads import Task


def check_calibrations(features: Sequence[Feature], tasks: Sequence[Task]) -> None:
    """Refuse `by` where it names no categorical feature, or a task that it does nothing for.

    Raises:
        ConfigError: naming the task and the field.
    """
    categorical = {feature.name for feature in features if isinstance(feature, CategoricalFeature)}
    for task in tasks:
        by = task.calibration.by
        if by is not None and by not in categorical:
            raise ConfigError(
                f"calibration `by` names a categorical feature; task '{task.name}' names '{by}', which is none of: "
                f"{', '.join(sorted(categorical)) or '(there is none)'}"
            )
