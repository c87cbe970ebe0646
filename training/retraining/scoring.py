"""A version's predictions of some rows, as it would serve them."""

from pathlib import Path

from models.errors import ConfigError, DataError
from models.manifest import Manifest
from models.predictor import Predictor
from models.reference import read_reference
from training.config import Config, EvaluationConfig
from training.data.reader import LogReader
from training.data.source import LogSource
from training.data.windows import Window
from training.evaluation.evaluate import Evaluation, evaluate
from training.retraining.gates.judged import Judged


def judged_on(
    window: Window, source: LogSource, config: Config, place: Path, loaded: tuple[Predictor, Manifest]
) -> tuple[Judged, Evaluation]:
    """Predict a window as it streams by: of its rows only labels, predictions and groups are kept.

    Args:
        window: the rows.
        source: the log.
        config: names the groups.
        place: the version's folder.
        loaded: predictor and manifest of it.

    Raises:
        ConfigError: the version reads columns that the log lacks.
    """
    predictor, manifest = loaded
    try:
        reader = LogReader(source, predictor.config)
    except DataError as error:
        raise ConfigError(
            f"candidate and champion are judged by the same rows; {manifest.version} cannot read them: {error}. Or "
            f"retrain for another channel, and promote by hand"
        ) from None
    asked = EvaluationConfig(group_by=config.evaluation.group_by)
    evaluation, scored = evaluate(predictor, manifest.statistics, reader, window, asked, {})
    return Judged(manifest.version, predictor, manifest, scored, reference=read_reference(place)), evaluation
