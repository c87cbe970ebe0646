"""Traces by OpenTelemetry, where the environment names a collector; otherwise its SDK is not even imported."""

import logging
import os
from pathlib import Path

from service.metrics import Metrics

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
TRACES_ENDPOINT = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
"""Of traces alone. Either turns tracing on; all else is set by the variables of OpenTelemetry too."""
_logger = logging.getLogger(__name__)


def new_metrics(shared: Path | None = None) -> Metrics:
    """The metrics of an app; they trace what they time where the environment asks for it.

    Made in the process that serves, after any fork: exporting takes a thread.

    Args:
        shared: the folder of several processes (see `Metrics`).
    """
    named = [name for name in (ENDPOINT, TRACES_ENDPOINT) if os.environ.get(name)]
    if not named:
        return Metrics(shared)
    try:
        from service.spans import TracedMetrics, exporting
    except ModuleNotFoundError as error:
        _logger.warning(
            "tracing is off: %s asks for it, and found no module %s; install threefold[tracing], or unset the variable",
            *(named[0], error.name),
        )
        return Metrics(shared)
    return TracedMetrics(exporting(), shared)
