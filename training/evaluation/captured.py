"""How much of what can be known each head knows, on simulated logs that carry the truth.

    captured = (loss of the base rate - loss of the model) / (loss of the base rate - loss of the truth)

The truth scores 100% by construction and the base rate of the rows 0%. The truth is read here and nowhere else: a
simulated log says in `_world.json` which column holds it, and no training configuration names one.
"""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.errors import DataError, ThreefoldError
from training.data.files import read_beside
from training.evaluation.binary import normalised_entropy
from training.evaluation.duration import duration_deviance
from training.evaluation.regression import explained_share
from training.evaluation.value import deviance_left

SIDECAR = "_world.json"
Floats = NDArray[np.float64]


def truth_columns(path: str) -> dict[str, str]:
    """By label column, the column that holds its true probability or expectation; empty for a real log.

    Raises:
        DataError: there is a sidecar but it cannot be read.
    """
    sidecar: str | Path = Path(path) / SIDECAR
    try:
        found = read_beside(path, SIDECAR)
        if found is None:
            return {}
        sidecar, text = found
        truth = json.loads(text)["truth"]
        return {str(label): str(column) for label, column in truth.items()}
    except ThreefoldError:
        raise  # of an object store, and no matter of what the file holds
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"{sidecar} names the truth columns of a simulated log; it cannot be read: {error}. Write the log again "
            f"with `threefold simulate`, or remove the file to go without"
        ) from None


def captured_entropy(label: Floats, probability: Floats, truth: Floats) -> dict[str, float | None]:
    """Captured share of the achievable normalised entropy of a binary task."""
    model, oracle = normalised_entropy(label, probability), normalised_entropy(label, truth)
    if model is None or oracle is None or oracle >= 1:
        return {"captured": None, "oracle_normalised_entropy": oracle}
    return {"captured": (1 - model) / (1 - oracle), "oracle_normalised_entropy": oracle}


def captured_deviance(label: Floats, mean: Floats, truth: Floats) -> dict[str, float | None]:
    """Captured share of the achievable deviance of a duration."""
    base = duration_deviance(label, np.full(len(label), label.mean()))
    model, oracle = duration_deviance(label, mean), duration_deviance(label, truth)
    if oracle >= base:
        return {"captured": None, "oracle_deviance": oracle}
    return {"captured": (base - model) / (base - oracle), "oracle_deviance": oracle}


def captured_variance(label: Floats, mean: Floats, truth: Floats) -> dict[str, float | None]:
    """Captured share of the achievable explained variance of a regression, whose loss is the squared error."""
    model, oracle = explained_share(label, mean), explained_share(label, truth)
    if model is None or oracle is None or oracle <= 0:
        return {"captured": None, "oracle_r2": oracle}
    return {"captured": model / oracle, "oracle_r2": oracle}


def captured_value(label: Floats, mean: Floats, truth: Floats) -> dict[str, float | None]:
    """Captured share of the achievable deviance of a value."""
    model, oracle = deviance_left(label, mean), deviance_left(label, truth)
    if model is None or oracle is None or oracle >= 1:
        return {"captured": None, "oracle_deviance_left": oracle}
    return {"captured": (1 - model) / (1 - oracle), "oracle_deviance_left": oracle}
