"""Numbers as buckets or standardised values: ordered, missing kept apart, always finite."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.features import NumericFeature, NumericStatistics
from models.features.numeric import Buckets, transformed
from models.features.standardised import Standardised
from models.features.vocabulary import MISSING

STATISTICS = NumericStatistics(mean=1.0, standard_deviation=2.0, boundaries=(-1.0, 0.0, 2.5))
FINITE = st.floats(allow_nan=False, allow_infinity=False)


def feature(**settings: Any) -> NumericFeature:
    return NumericFeature.model_validate({"name": "x", "kind": "numeric", "scope": "candidate", **settings})


class TestBuckets:
    def test_a_boundary_belongs_to_the_bucket_above(self) -> None:
        values = np.array([-9, -1, np.nextafter(0, -1), 0, 2.4, 2.5, 1e300])
        assert Buckets(feature(), STATISTICS).rows(values).tolist() == [1, 2, 2, 3, 3, 4, 4]

    def test_nan_is_missing(self) -> None:
        assert Buckets(feature(), STATISTICS).rows(np.array([math.nan])).tolist() == [MISSING]

    def test_a_constant_feature_has_one_bucket_beside_missing(self) -> None:
        constant = NumericStatistics(mean=3, standard_deviation=1, boundaries=())
        assert constant.num_rows == 2
        assert Buckets(feature(), constant).rows(np.array([3.0, 99.0, math.nan])).tolist() == [1, 1, MISSING]

    @given(st.lists(FINITE, min_size=2))
    def test_monotone_and_inside_the_table(self, values: list[float]) -> None:
        for transform in ("none", "log1p"):
            rows = Buckets(feature(transform=transform), STATISTICS).rows(np.sort(values))
            assert (np.diff(rows) >= 0).all()
            assert rows.min() >= 1
            assert rows.max() < STATISTICS.num_rows


class TestTransform:
    @given(FINITE)
    def test_log1p_keeps_the_sign(self, value: float) -> None:
        there = transformed(feature(transform="log1p"), np.array([value, -value]))
        assert there[0] == -there[1]
        assert np.sign(there[0]) == np.sign(value)
        assert abs(there[0]) == pytest.approx(math.log1p(abs(value)))

    @given(st.lists(FINITE, min_size=2))
    def test_log1p_keeps_the_order(self, values: list[float]) -> None:
        assert (np.diff(transformed(feature(transform="log1p"), np.sort(values))) >= 0).all()

    def test_nan_stays_nan(self) -> None:
        assert np.isnan(transformed(feature(transform="log1p"), np.array([math.nan]))).all()


class TestStandardised:
    def test_value_and_missing_flag(self) -> None:
        encoded = Standardised([(feature(), STATISTICS)]).encode({"x": np.array([5.0, math.nan, 1.0])}, 3)
        assert encoded.dtype == np.float32
        assert encoded.tolist() == [[[2.0, 0.0]], [[0.0, 1.0]], [[0.0, 0.0]]]

    def test_one_row_is_meant_for_all_and_an_absent_feature_is_missing(self) -> None:
        numbers = [(feature(), STATISTICS), (feature(name="other"), STATISTICS)]
        assert Standardised(numbers).encode({"x": np.array([5.0])}, 2).tolist() == [[[2.0, 0.0], [0.0, 1.0]]] * 2

    @given(st.lists(FINITE, min_size=1), st.floats(1e-300, 1e300), FINITE)
    def test_finite_and_monotone_for_every_finite_number(
        self, values: list[float], deviation: float, mean: float
    ) -> None:
        statistics = NumericStatistics(mean=mean, standard_deviation=deviation, boundaries=())
        encoded = Standardised([(feature(), statistics)]).encode({"x": np.sort(values)}, len(values))
        assert np.isfinite(encoded).all()
        assert (np.diff(encoded[:, 0, 0]) >= 0).all()


@pytest.mark.parametrize("setting", [{"mean": math.nan}, {"standard_deviation": math.inf}, {"boundaries": [math.nan]}])
def test_statistics_that_are_not_finite_are_refused(setting: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="finite"):
        NumericStatistics.model_validate({"mean": 0.0, "standard_deviation": 1.0, "boundaries": [], **setting})
