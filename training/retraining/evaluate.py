"""Stage `evaluate`: candidate and champion on the same newest rows, loaded as they would be served."""

from dataclasses import dataclass, replace
from pathlib import Path

from models.errors import DataError
from training.cache.fingerprint import changed_files
from training.config import Config
from training.data.reader import open_log
from training.data.windows import find_windows
from training.retraining.champion import load_champion
from training.retraining.gates.judged import Judged
from training.retraining.gates.loads import loaded
from training.retraining.measures import compared
from training.retraining.observation import Observation
from training.retraining.order import Order
from training.retraining.outcome import Measure
from training.retraining.plan import Plan
from training.retraining.request import request_times
from training.retraining.scoring import judged_on


@dataclass(frozen=True)
class Evaluated:
    """Both models, measured.

    Attributes:
        loads: whether the candidate can be loaded at all.
        candidate: None where it cannot.
        champion: None where there is none, or nothing to hold it against.
        measures: of both, for people.
    """

    loads: Observation
    candidate: Judged | None = None
    champion: Judged | None = None
    measures: tuple[Measure, ...] = ()


def evaluate(order: Order, plan: Plan, version: Path) -> Evaluated:
    """Load both from where they lie, predict the test window with each as it streams by, and time them in turns.

    Raises:
        DataError: the log changed meanwhile, or lacks a column that the champion reads.
        CheckpointError: the champion is not as it was written.
    """
    found, loads = loaded(version)
    if found is None:
        return Evaluated(loads)
    config = plan.config(order.config)
    source = open_log(config.data, config.model_part())
    test = find_windows(source, config.data).test
    candidate, of_candidate = judged_on(test, source, config, version, found)
    champion, of_champion = None, None
    if plan.champion is not None:
        place, loaded_champion = load_champion(order.registry, plan.champion)
        champion, of_champion = judged_on(test, source, config, place, loaded_champion)
    if changed := changed_files(source):
        raise DataError(f"both models are judged by the same rows; {changed[0]} changed meanwhile: retrain again")
    measures = compared(of_candidate, of_champion)
    return Evaluated(loads, *_timed(config, plan, candidate, champion), measures=measures)


def _timed(config: Config, plan: Plan, candidate: Judged, champion: Judged | None) -> tuple[Judged, Judged | None]:
    if champion is None:
        return candidate, None
    times = request_times(config, plan, candidate.predictor, champion.predictor)
    if times is None:
        return candidate, champion
    return replace(candidate, latency_ms=times[0]), replace(champion, latency_ms=times[1])
