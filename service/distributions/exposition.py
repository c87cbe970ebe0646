"""What is worked out of the window when metrics are read: of all processes together, which no gauge of one could be."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

import numpy as np
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from models.reference import CategoricalReference, PredictionReference, Reference, psi
from models.reference.psi import psi_by_chance
from service.distributions.gauges import ROWS, SUM, bin_label

_PREFIX = "threefold_"
_ROWS, _SUM = _PREFIX + ROWS, _PREFIX + SUM


def with_distributions(
    families: Iterable[Metric], reference: Reference | None, of_one_category: Collection[str]
) -> Iterator[Metric]:
    """The families, and what compares them with the version's own windows.

    Args:
        families: of one process, or of several summed up.
        reference: of the version served; without one nothing is compared.
        of_one_category: features with at most one category a row. Of lists the service counts rows and a reference
            values, and the two shares are not alike.
    """
    predictions = reference.predictions if reference else {}
    rows: defaultdict[str, dict[str, float]] = defaultdict(dict)
    sums: dict[str, float] = {}
    for family in families:
        if family.name in {_ROWS, _SUM}:
            # A field of an earlier version has no reference any more.
            family.samples = [sample for sample in family.samples if sample.labels["field"] in predictions]
            for sample in family.samples:
                if family.name == _SUM:
                    sums[sample.labels["field"]] = sample.value
                else:
                    rows[sample.labels["field"]][sample.labels["bin"]] = sample.value
        yield family
    yield from _compared(rows, sums, predictions)
    yield from _expected(reference, of_one_category)


def _compared(
    rows: Mapping[str, Mapping[str, float]], sums: Mapping[str, float], predictions: Mapping[str, PredictionReference]
) -> Iterator[Metric]:
    """How far the predictions of each field have moved; a field without predictions has no sample."""
    moved = _family("prediction_psi", "How far predictions have moved from the model's test window.", "field")
    mean = _family("prediction_mean", "Mean prediction of the last minutes.", "field")
    for field, expected in predictions.items():
        in_bins = rows.get(field, {})
        counts = np.array([in_bins.get(bin_label(place), 0) for place in range(len(expected.shares))], np.int64)
        if (num_rows := int(counts.sum())) > 0:
            by_chance = psi_by_chance(len(counts), num_rows, expected.rows)
            moved.add_metric([field], max(0.0, psi(expected.shares, counts) - by_chance))
            mean.add_metric([field], sums[field] / num_rows)
    yield from (moved, mean)


def _expected(reference: Reference | None, of_one_category: Collection[str]) -> Iterator[Metric]:
    """What the version saw when it was trained and tested."""
    mean = _family("reference_mean", "Mean prediction in the model's test window.", "field")
    share = _family("reference_share", "Share of the predictions by bin in the model's test window.", "field", "bin")
    missing = _family("reference_missing_share", "Share of rows without a value when the model was made.", "feature")
    unknown = _family("reference_unknown_share", "Share of unknown categories when the model was made.", "feature")
    if reference is not None:
        for field, expected in reference.predictions.items():
            mean.add_metric([field], expected.mean)
            for place, value in enumerate(expected.shares):
                share.add_metric([field, bin_label(place)], value)
        for name, feature in reference.features.items():
            missing.add_metric([name], max(feature.missing, feature.usual_missing))
            if isinstance(feature, CategoricalReference) and name in of_one_category:
                unknown.add_metric([name], feature.usual_unknown)
    yield from (mean, share, missing, unknown)


def _family(name: str, text: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(_PREFIX + name, text, labels=labels)
