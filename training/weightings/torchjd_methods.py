"""The methods of TorchJD that join gradients, by the names that a configuration gives them.

    upgrad       each gradient projected to where no task loses, then averaged   https://arxiv.org/abs/2406.16232
    dual_proj    their average projected to where no task loses (GEM)            https://arxiv.org/abs/1706.08840
    pcgrad       each gradient without what conflicts with another               https://arxiv.org/abs/2001.06782
    cagrad       near the average, for the task that gains the least             https://arxiv.org/abs/2110.14048
    aligned_mtl  principal directions of the gradients made equally long         https://arxiv.org/abs/2305.19000
    mgda         the shortest vector between the gradients                       https://arxiv.org/abs/1810.04650
    fairgrad     proportional fairness, the bargain of Nash-MTL                  https://arxiv.org/abs/2402.15638
    mean         their average

Left out: IMTL-G, whose weights have poles; GradDrop, ConFIG and others that need whole gradients of all parameters;
Nash-MTL, whose bargain is fairgrad's at alpha = 1 and whose solver is another dependency.

The library's tolerances are relative to the longest gradient. Where losses are in units a factor of 1,000 apart, they
would take the short ones for zero; so we ask for finer ones.
"""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from models.errors import ConfigError

Method = Literal["upgrad", "dual_proj", "pcgrad", "cagrad", "aligned_mtl", "mgda", "fairgrad", "mean"]
GramianWeights = Callable[[Tensor], Tensor]
"""From a Gramian, [tasks, tasks], to weights, [tasks]."""

TOLERANCE = 1e-10
"""Relative to the sum of the squared norms; a double holds 1e-16 of it."""
INSTALL = 'pip install "threefold[aggregation]"'


def library_method(method: Method, conflict_aversion: float) -> GramianWeights:
    """A method of the library, its weights scaled so that all are 1 where nothing conflicts.

    The library's methods are means over the tasks, but for PCGrad, which is a sum.

    Raises:
        ConfigError: the library, or a solver that the method needs, is not installed.
    """
    try:
        weigh = _from_library(method, conflict_aversion)
    except ImportError as error:
        raise ConfigError(
            f'[training.weighting] kind = "gradients" with method = "{method}" needs TorchJD, an optional library; '
            f"found: {error}. Install it with {INSTALL}, or choose another weighting"
        ) from None
    if method == "pcgrad":
        return weigh
    if method == "fairgrad":
        return lambda gramian: _of_mean_one(_by_cosines(weigh, gramian))
    return lambda gramian: weigh(gramian) * len(gramian)


def _from_library(method: Method, conflict_aversion: float) -> GramianWeights:
    from torchjd import aggregation, linalg

    match method:
        case "upgrad":
            return aggregation.UPGradWeighting(projector=linalg.QuadprogProjector(reg_eps=TOLERANCE))
        case "dual_proj":
            return aggregation.DualProjWeighting(projector=linalg.QuadprogProjector(reg_eps=TOLERANCE))
        case "pcgrad":
            return aggregation.PCGradWeighting()
        case "cagrad":
            return aggregation.CAGradWeighting(c=conflict_aversion, norm_eps=TOLERANCE)
        case "aligned_mtl":
            return aggregation.AlignedMTLWeighting()
        case "mgda":
            return aggregation.MGDAWeighting()
        case "fairgrad":
            return aggregation.FairGradWeighting(alpha=1.0)
        case "mean":
            return aggregation.MeanWeighting()


def _by_cosines(weigh: GramianWeights, gramian: Tensor) -> Tensor:
    """Weights w with G w = 1 / w, by way of the cosines C = G / (n n'): v with C v = 1 / v gives w = v / n.

    The same solution, from numbers of one size: on raw ones the library's search does not get there.
    """
    norms = gramian.diagonal().sqrt()
    pulls = norms > 0
    weights = torch.zeros_like(norms)
    cosines = gramian[pulls][:, pulls] / (norms[pulls].unsqueeze(1) * norms[pulls])
    weights[pulls] = weigh(cosines) / norms[pulls]
    return weights


def _of_mean_one(weights: Tensor) -> Tensor:
    total = weights.sum()
    return weights * len(weights) / total if total > 0 else torch.ones_like(weights)
