"""Group AUC: the order within each group, say within each user's impressions.

Zhu et al., "Optimized Cost per Click in Taobao Display Advertising", KDD 2017, https://arxiv.org/abs/1703.02091:
AUC of each group, averaged with the group's impressions as weights; groups with one outcome only say nothing.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def gauc(label: NDArray[np.float64], probability: NDArray[np.float64], group: pd.Series) -> float | None:
    """Impression-weighted mean AUC over groups with both outcomes; None where there is no such group.

    Ties count one half: each group's AUC is its Mann-Whitney statistic, from mid-ranks within the group.
    """
    rows = pd.DataFrame({"group": group.to_numpy(), "label": label, "probability": probability})
    rows["rank"] = rows.groupby("group", sort=False)["probability"].rank()
    rows["positive_rank"] = rows["rank"] * rows["label"]
    groups = rows.groupby("group", sort=False).agg(
        positives=("label", "sum"), impressions=("label", "size"), ranks=("positive_rank", "sum")
    )
    groups = groups[(groups.positives > 0) & (groups.positives < groups.impressions)]
    if groups.empty:
        return None
    negatives = groups.impressions - groups.positives
    auc = (groups.ranks - groups.positives * (groups.positives + 1) / 2) / (groups.positives * negatives)
    return float(np.average(auc, weights=groups.impressions))
