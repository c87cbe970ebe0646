"""Tells the tracker of a version, and never stops a training for it."""

from importlib.util import find_spec

from rich.console import Console

from models.errors import ConfigError
from models.manifest import Manifest
from models.storage.trouble import without_secrets
from training.retraining.outcome import RetrainOutcome
from training.say import say
from training.tracking.config import MlflowConfig, NoTrackingConfig
from training.tracking.record import Record, record_of

_LONGEST_REASON = 400


def check_tracking(config: NoTrackingConfig | MlflowConfig) -> None:
    """See that the tracker's library is there: before hours of training, not after.

    Raises:
        ConfigError: it is not installed.
    """
    if isinstance(config, MlflowConfig) and find_spec("mlflow") is None:
        raise ConfigError(
            "tracking of kind \"mlflow\" needs an optional extra; found no mlflow: pip install 'threefold[mlflow]', or "
            "leave out [tracking]"
        )


def tell_version(config: NoTrackingConfig | MlflowConfig, version: Manifest, place: str, console: Console) -> None:
    """Tell of a version that was trained.

    Args:
        config: who is told.
        version: what it says of itself.
        place: where it lies for others, a path or a URL.
        console: is told what became of it.
    """
    if isinstance(config, MlflowConfig):
        _tell(config, record_of(version, place), console)


def tell_outcome(
    config: NoTrackingConfig | MlflowConfig, outcome: RetrainOutcome, version: Manifest, place: str, console: Console
) -> None:
    """Tell of a version and of what a retraining made of it; the run of the version has both.

    Args:
        config: who is told.
        outcome: of the retraining.
        version: what its candidate says of itself.
        place: where that lies, a path or a URL.
        console: is told what became of it.
    """
    if isinstance(config, MlflowConfig):
        _tell(config, record_of(version, place).with_outcome(outcome), console)


def _tell(config: MlflowConfig, record: Record, console: Console) -> None:
    from training.tracking.mlflow_runs import write_run

    try:
        run = write_run(config, record)
    except Exception as error:  # a tracker is for looking at: whatever it does, the version is made
        reason = without_secrets(" ".join(str(error).split()))[:_LONGEST_REASON] or type(error).__name__
        say(console, f"warning: MLflow was not told of version {record.version}: {reason}")
    else:
        say(console, f"MLflow     run {run} in experiment '{config.experiment}'")
