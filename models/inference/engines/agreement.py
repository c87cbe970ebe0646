"""Whether an engine predicts what the training network predicts: a graph that does not never serves."""

import numpy as np
from numpy.typing import NDArray

from models.inference.engines.names import Precision
from models.inference.engines.runner import PredictedRows

CLOSE = 1e-4
"""In parts of a prediction. Sums in another order differ by 1e-6; a wrong graph differs by far more."""
ALIKE = 0.8
"""Correlation of the ranks, for reduced precisions: the check at export measured what they cost, and this tells their
graphs from those of another model."""
SAME_LEVEL = 2.0
"""The factor by which their median may be off."""


def disagreement(
    exact: PredictedRows, found: PredictedRows, fields: tuple[str, ...], precision: Precision
) -> str | None:
    """What is wrong with the predictions found; None where nothing is.

    Args:
        exact: of the training network, [rows, fields].
        found: of the engine for the same rows.
        fields: their names.
        precision: of the engine.
    """
    if found.shape != exact.shape or found.dtype != exact.dtype:
        return f"it answers {found.dtype} {list(found.shape)} where {exact.dtype} {list(exact.shape)} is due"
    if not np.isfinite(found).all():
        return "it answers NaN or infinity"
    agrees = _is_close if precision == "float32" else _is_alike
    for position, field in enumerate(fields):
        expected, answered = exact[:, position], found[:, position]
        if not agrees(expected, answered):
            furthest = np.abs(answered - expected).max()
            return f"it answers {field} up to {furthest:.3g} away from the training network's"
    return None


def _is_close(exact: PredictedRows, found: PredictedRows) -> bool:
    allowed = CLOSE * (np.abs(exact) + np.abs(exact).mean())
    return bool((np.abs(found - exact) <= allowed).all())


def _is_alike(exact: PredictedRows, found: PredictedRows) -> bool:
    """Whether order and level are about the same; fields that hardly vary have no order to speak of."""
    middle, answered = (float(np.median(np.abs(values))) for values in (exact, found))
    if not middle / SAME_LEVEL <= answered <= middle * SAME_LEVEL:
        return False
    if 2 * len(np.unique(exact)) < len(exact) or exact.std() < CLOSE * middle:
        return True
    return float(np.corrcoef(_ranks(exact), _ranks(found))[0, 1]) >= ALIKE


def _ranks(values: PredictedRows) -> NDArray[np.int64]:
    return values.argsort(kind="stable").argsort()
