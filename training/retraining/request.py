"""A request of the newest rows, for timing models."""

from collections.abc import Callable

from models.columns import Columns
from models.inference import CompiledPredictor
from models.predictor import Predictor
from training.config import Config
from training.data.partitions import PartitionsConfig
from training.data.reader import LogReader, open_log
from training.retraining.gates.latency import latencies_ms
from training.retraining.plan import Plan

ROWS = 100
"""Of a request: a user and the candidates of a page."""


def request_times(config: Config, plan: Plan, candidate: Predictor, champion: Predictor) -> tuple[float, float] | None:
    """Milliseconds that candidate and champion take for the same rows, made ready to serve and measured in turns.

    None where a column is of another kind for the one than for the other: no request suits both.
    """
    both = (candidate.config, champion.config)
    kinds = {(feature.name, feature.kind) for model in both for feature in model.features}
    if len({name for name, _ in kinds}) < len(kinds):
        return None
    newest = PartitionsConfig(column=plan.column, values=plan.test[-1:])
    data = config.data.model_copy(update={"read_rows": ROWS, "partitions": newest})
    columns: Columns = {}
    num_rows = 0
    for model in both:
        chunk = next(LogReader(open_log(data, model), model, with_labels=False, workers=0).chunks())
        columns, num_rows = {**columns, **chunk.features}, chunk.num_rows
    first, second = latencies_ms([_answering(model, columns, num_rows) for model in (candidate, champion)])
    return first, second


def _answering(predictor: Predictor, columns: Columns, num_rows: int) -> Callable[[], object]:
    """Answers the request as the service does."""
    compiled = CompiledPredictor(predictor, engine="auto" if predictor.graphs else "torch")
    return lambda: compiled.predict(predictor.encoder.encode(columns, num_rows))
