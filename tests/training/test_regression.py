"""A regression label from the log to its numbers: fitted, checked, calibrated and measured."""

import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydantic import TypeAdapter

from models.errors import DataError
from models.heads import RegressionStatistics, Task
from tests.training.small import FEATURES, TASKS, frame, model_config, reader, write_days
from training.data.labels import check_label_type, labels
from training.evaluation.calibrate_regression import SMALLEST_SLOPE, fit_line
from training.evaluation.captured import captured_variance
from training.evaluation.regression import explained_share, regression_metrics
from training.fitting.labels import LabelFit
from training.fitting.moments import Moments

Floats = NDArray[np.float64]
STARS: dict[str, Any] = {"name": "stars", "kind": "regression", "label": "rating"}


def task(**changes: Any) -> Task:
    adapter: TypeAdapter[Task] = TypeAdapter(Task)
    return adapter.validate_python({**STARS, **changes})


def fitted(values: Floats, sizes: list[int] | None = None, **changes: Any) -> RegressionStatistics:
    fit = LabelFit(task(**changes), seed=0)
    for part in np.split(values, np.cumsum(sizes or [len(values)])[:-1]):
        fit.add(part)
    found = fit.statistics()
    assert isinstance(found, RegressionStatistics)
    return found


class TestMoments:
    @given(st.lists(st.integers(0, 400), min_size=1, max_size=5), st.sampled_from([0.0, 1e6, -1e9]))
    def test_they_are_numpys_in_any_chunking(self, sizes: list[int], shift: float) -> None:
        values = np.random.default_rng(0).normal(size=sum(sizes) + 50) + shift
        made = Moments()
        for part in np.split(values, np.cumsum(sizes)):
            made.add(part)
        assert made.num_values == len(values)
        assert made.mean == pytest.approx(values.mean(), rel=1e-12, abs=1e-12)
        assert made.deviation == pytest.approx((values - shift).std(), rel=1e-6 if shift else 1e-12)
        assert (made.lowest, made.highest) == (values.min(), values.max())

    def test_a_constant_is_one_whatever_the_rounding(self) -> None:
        made = Moments()
        for size in (3, 0, 7, 1_000):
            made.add(np.full(size, 0.1))
        assert made.is_constant


class TestFit:
    def test_only_what_was_observed_counts(self) -> None:
        found = fitted(np.array([4.0, math.nan, -2.0, 1.0]), [1, 2, 1])
        assert found.model_dump() == pytest.approx(
            {"kind": "regression", "num_observed": 3, "mean": 1.0, "standard_deviation": math.sqrt(6), "min": -2.0,
             "max": 4.0}
        )  # fmt: skip

    @given(st.sampled_from([1e-6, 1e3, 1e9]), st.sampled_from([0.0, 5.0, -1e4]), st.integers(1, 299))
    def test_unit_and_zero_only_scale_and_shift(self, factor: float, shift: float, size: int) -> None:
        values = np.random.default_rng(0).normal(3, 2, 300)
        one, other = fitted(values), fitted((values + shift) * factor, [size, 300 - size])
        assert other.mean == pytest.approx((one.mean + shift) * factor)
        assert other.standard_deviation == pytest.approx(one.standard_deviation * factor)
        assert other.max == pytest.approx((one.max + shift) * factor)

    @pytest.mark.parametrize(
        ("values", "message"),
        [
            ([math.nan] * 3, r"column 'rating' of task 'stars' is null in every row.*remove the task, or correct"),
            ([0.1] * 9, r"varies; column 'rating' of task 'stars' is 0\.1 in all 9 observed rows: remove the task"),
            ([1e9, 1e9 + 1], r"32-bit floats.*a standard deviation of 0\.5 around 1000000000\.5.*subtract a constant"),
            ([0.0, 1e-39], r"32-bit floats can tell.*in a smaller unit"),
        ],
    )
    def test_nothing_to_learn_is_refused(self, values: list[float], message: str) -> None:
        with pytest.raises(DataError, match=message):
            fitted(np.array(values))


class TestLabels:
    @staticmethod
    def of(values: Any) -> Floats:
        made = task()
        column = pa.array(values)
        check_label_type(made, column.type)
        return labels([made], pa.RecordBatch.from_pydict({"rating": column}))["stars"]

    @pytest.mark.parametrize("values", [[5, -3, None], [5.0, -3.0, math.nan]])
    def test_any_finite_number_or_null(self, values: list[Any]) -> None:
        np.testing.assert_array_equal(self.of(values), [5, -3, math.nan])

    @pytest.mark.parametrize("wrong", [math.inf, -math.inf, 1e300])
    def test_infinite_and_beyond_the_range_are_refused(self, wrong: float) -> None:
        with pytest.raises(
            DataError, match=r"finite number of at most .*, or null; column 'rating' of task 'stars' ho"
        ):
            self.of([1.0, wrong, None])

    def test_whole_numbers_of_a_csv_may_be_followed_by_fractions(self, tmp_path: Path) -> None:
        log = frame()
        log["rating"] = np.where(log.row < 20, 3.0, 3.5)
        log["rating"] = log.rating.map("{:g}".format)
        made = reader(write_days(tmp_path, log, ".csv"), model_config(features=FEATURES[1:2], tasks=[STARS]))
        found = np.concatenate([chunk.labels["stars"] for chunk in made.chunks()])
        assert set(found) == {3.0, 3.5}

    def test_it_counts_where_the_other_label_is_positive(self) -> None:
        made = [task(observed_when="click"), TypeAdapter(Task).validate_python(TASKS[0])]
        chunk = pa.RecordBatch.from_pydict({"clicked": [1, 0, None, 1], "rating": [5.0, 6.0, 7.0, -1.0]})
        np.testing.assert_array_equal(labels(made, chunk)["stars"], [5, math.nan, math.nan, -1])


class TestLine:
    @staticmethod
    def rows(slope: float, intercept: float, noise: float, num_rows: int, seed: int = 0) -> tuple[Floats, Floats]:
        random = np.random.default_rng(seed)
        output = random.normal(0.3, 0.5, num_rows)
        return output, slope * output + intercept + noise * random.normal(size=num_rows)

    @pytest.mark.parametrize(("slope", "intercept"), [(1.0, 0.0), (0.5, -0.3), (1.8, 0.7)])
    def test_a_planted_line_is_found(self, slope: float, intercept: float) -> None:
        found = fit_line(*self.rows(slope, intercept, 0.9, 100_000))
        assert found.slope == pytest.approx(slope, rel=0.03)
        assert found.intercept == pytest.approx(intercept, abs=0.02)

    def test_the_mean_is_right_where_there_are_many_rows(self) -> None:
        output, label = self.rows(0.6, 0.4, 1.0, 100_000)
        found = fit_line(output, label)
        assert (found.slope * output + found.intercept).mean() == pytest.approx(label.mean(), abs=2e-3)

    def test_a_few_noisy_rows_move_little(self) -> None:
        moved = [fit_line(*self.rows(1.0, 0.0, 1.0, 50, seed)) for seed in range(30)]
        assert max(abs(line.slope - 1) for line in moved) < 0.2
        assert max(abs(line.intercept) for line in moved) < 0.1

    def test_the_more_is_seen_the_more_it_is_believed(self) -> None:
        levels = [fit_line(*self.rows(1.0, 0.3, 1.0, num)).intercept for num in (50, 500, 5_000, 500_000)]
        assert levels == sorted(levels)
        assert levels[-1] == pytest.approx(0.3, abs=0.01)

    def test_it_costs_no_more_than_none(self) -> None:
        output, label = self.rows(0.5, 0.2, 1.0, 3_000)
        found = fit_line(output, label)
        assert np.square(found.slope * output + found.intercept - label).mean() < np.square(output - label).mean()

    def test_a_head_upside_down_is_flattened_and_not_turned(self) -> None:
        assert fit_line(*self.rows(-2.0, 0.0, 0.1, 5_000)).slope == SMALLEST_SLOPE

    def test_nothing_varies(self) -> None:
        assert fit_line(np.full(60, 0.5), np.full(60, 0.5)).model_dump() == {
            "kind": "line", "slope": 1.0, "intercept": 0.0
        }  # fmt: skip
        found = fit_line(np.zeros(60), np.full(60, 0.5))
        assert (found.slope, found.intercept) == (1.0, 0.5)


class TestMetrics:
    def test_by_hand(self) -> None:
        found = regression_metrics(np.array([-1.0, 1.0, 3.0]), np.array([0.0, 0.0, 2.0]))
        assert found == pytest.approx(
            {"r2": 1 - 3 / 8, "rmse": 1.0, "mae": 1.0, "xauc": 2.5 / 3, "bias": -1 / 3, "mean": 1.0,
             "standard_deviation": math.sqrt(8 / 3)}
        )  # fmt: skip

    @given(st.sampled_from([1e-3, 60.0, 1e6]), st.sampled_from([0.0, -30.0, 1e3]))
    def test_errors_have_the_unit_and_shares_have_none(self, factor: float, shift: float) -> None:
        random = np.random.default_rng(0)
        label = random.normal(size=200)
        prediction = 0.5 * label + 0.3 * random.normal(size=200)
        one = regression_metrics(label, prediction)
        other = regression_metrics((label + shift) * factor, (prediction + shift) * factor)
        for key in ("rmse", "mae", "bias", "standard_deviation"):
            assert other[key] == pytest.approx(one[key] * factor, rel=1e-6)  # type: ignore[operator]
        for key in ("r2", "xauc"):
            assert other[key] == pytest.approx(one[key], rel=1e-6)

    @given(st.lists(st.tuples(st.sampled_from([-5.0, 0.0, 1.0]), st.sampled_from([0.1, 0.2])), min_size=1, max_size=20))
    def test_a_constant_explains_at_most_nothing_and_labels_all_alike_have_nothing_to_explain(
        self, rows: list[tuple[float, float]]
    ) -> None:
        label, constant = np.array(rows)[:, 0], np.full(len(rows), 0.1)
        found = explained_share(label, constant)
        assert (found is None) == (len(set(label)) == 1)
        assert found is None or found <= 1e-12
        assert explained_share(label, label) in (None, 1.0)

    def test_the_error_in_squares_is_bias_and_spread(self) -> None:
        label, prediction = np.random.default_rng(0).normal(size=(2, 300))
        found = regression_metrics(label, prediction + 0.7)
        error = prediction + 0.7 - label
        assert found["rmse"] ** 2 == pytest.approx(found["bias"] ** 2 + error.var())  # type: ignore[operator]

    def test_pairs_in_order(self) -> None:
        label, prediction = np.random.default_rng(1).integers(-3, 3, size=(2, 40)).astype(float)
        pairs = [(i, j) for i, j in itertools.combinations(range(40), 2) if label[i] != label[j]]
        signs = [np.sign((label[i] - label[j]) * (prediction[i] - prediction[j])) for i, j in pairs]
        assert regression_metrics(label, prediction)["xauc"] == pytest.approx(np.mean([(1 + s) / 2 for s in signs]))


class TestCaptured:
    def test_the_truth_is_one_the_mean_zero_and_half_of_the_truth_between(self) -> None:
        random = np.random.default_rng(0)
        truth = random.normal(3, 1, 20_000)
        label = truth + random.normal(0, 2, 20_000)
        assert captured_variance(label, truth, truth)["captured"] == 1.0
        base = np.full(len(label), label.mean())
        assert captured_variance(label, base, truth)["captured"] == pytest.approx(0, abs=1e-9)
        assert captured_variance(label, (truth + 3) / 2, truth)["captured"] == pytest.approx(0.75, abs=0.03)
        assert captured_variance(label, base, truth)["oracle_r2"] == pytest.approx(0.2, abs=0.02)

    def test_where_the_truth_helps_nothing_there_is_nothing_to_capture(self) -> None:
        label = np.array([1.0, 3.0])
        assert captured_variance(label, label, np.array([2.0, 2.0]))["captured"] is None
        assert captured_variance(np.ones(2), np.ones(2), label)["captured"] is None
