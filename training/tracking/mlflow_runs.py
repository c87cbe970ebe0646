"""A version as a run of MLflow (https://mlflow.org/docs/latest/ml/tracking/).

MLflow is an optional extra: it is imported when the first run is written.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from training.tracking.config import MlflowConfig
from training.tracking.record import VERSION, Record

LONGEST_PARAM, LONGEST_TAG, LONGEST_NAME = 500, 5_000, 250
"""Characters that servers of any release take."""
_A_REQUEST = 100
_Item = TypeVar("_Item")


def write_run(config: MlflowConfig, record: Record) -> str:
    """Write the record into the run of its version, a new one where there is none. Writing it again changes nothing.

    Returns:
        The run's id.

    Raises:
        Exception: of many kinds, where MLflow is not installed, does not answer, or refuses.
    """
    client = _client(config)
    from mlflow.entities import Metric, Param, RunTag

    run = _run(client, _experiment(client, config.experiment), record)
    # Time and step are the version's, so that a number which is told twice is one.
    for metrics in _parts([Metric(name, value, record.at_ms, 0) for name, value in record.metrics.items()]):
        client.log_batch(run, metrics=metrics)
    for params in _parts([Param(name, text) for name, text in _held(record.params, LONGEST_PARAM)]):
        client.log_batch(run, params=params)
    for tags in _parts([RunTag(name, text) for name, text in _held(record.tags, LONGEST_TAG)]):
        client.log_batch(run, tags=tags)
    client.set_terminated(run, "FINISHED", end_time=record.at_ms)
    return run


def _client(config: MlflowConfig) -> Any:
    # A server that does not answer costs two short waits, not minutes; and nobody is told of the use but the server.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", str(max(1, round(config.timeout_s))))
    os.environ.setdefault("MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER", "false")  # "in an hour", says one under repair
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=config.uri)


def _experiment(client: Any, name: str) -> str:
    for last in (False, True):
        if (found := client.get_experiment_by_name(name)) is not None:
            return str(found.experiment_id)
        try:
            return str(client.create_experiment(name))
        except Exception:
            if last:
                raise  # otherwise another process may have made it in between
    raise AssertionError("the loop returns or raises")


def _run(client: Any, experiment: str, record: Record) -> str:
    found = client.search_runs([experiment], filter_string=f"tags.`{VERSION}` = '{record.version}'", max_results=1)
    if found:
        return str(found[0].info.run_id)
    tags = {VERSION: record.version}
    made = client.create_run(experiment, start_time=record.at_ms, tags=tags, run_name=record.version)
    return str(made.info.run_id)


def _held(texts: Mapping[str, str], longest: int) -> Iterator[tuple[str, str]]:
    """Names and texts within MLflow's limits; what is too long ends in an ellipsis."""
    for name, text in texts.items():
        yield name[:LONGEST_NAME], text if len(text) <= longest else f"{text[: longest - 1]}…"


def _parts(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    for start in range(0, len(items), _A_REQUEST):
        yield items[start : start + _A_REQUEST]
