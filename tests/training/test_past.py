"""Past rates: what a training row knows of its ids comes from earlier periods, and from nowhere else."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from models.columns import Categories, Columns, categories
from models.config import ModelConfig
from models.past.evidence import num_inputs
from tests.training.small import MODEL
from training.data.labels import Labels
from training.fitting.fit import FittedData, fit_data
from training.fitting.past import Times

HOUR = 3_600_000_000
FEATURES: list[dict[str, Any]] = [
    {"name": "user", "kind": "categorical", "scope": "context"},
    {"name": "item", "kind": "categorical", "scope": "candidate"},
]
TASKS: list[dict[str, Any]] = [
    {"name": "click", "kind": "binary", "label": "clicked"},
    {"name": "dwell", "kind": "duration", "label": "seconds", "observed_when": "click"},
    {"name": "stars", "kind": "regression", "label": "rating"},
]
Rows = tuple[Columns, Labels, Times]


def model(*past_rates: dict[str, Any]) -> ModelConfig:
    settings = {"features": FEATURES, "tasks": TASKS, "past_rates": past_rates, **MODEL}
    return ModelConfig.model_validate(settings)


def log(num_rows: int = 400, seed: int = 0, num_ids: int = 12, first_hour: int = 490_000, hours: int = 60) -> Rows:
    """Rows in no order of time, with missing ids and labels; every label is independent of every id."""
    random = np.random.default_rng(seed)
    clicked = (random.random(num_rows) < 0.4).astype(np.float64)
    users = [None if number == 0 else f"u{number}" for number in random.integers(0, num_ids, num_rows)]
    items = [None if number == 0 else f"i{number}" for number in random.integers(0, num_ids // 2, num_rows)]
    labels = {
        "click": clicked,
        "dwell": np.where(clicked > 0, random.exponential(20, num_rows), np.nan),
        "stars": np.where(random.random(num_rows) < 0.2, np.nan, random.normal(1_000, 3, num_rows)),
    }
    times = random.integers(first_hour * HOUR, (first_hour + hours) * HOUR, num_rows)
    return {"user": categories("user", users), "item": categories("item", items)}, labels, times


def column(rows: Rows, name: str) -> Categories:
    found = rows[0][name]
    assert isinstance(found, Categories)
    return found


def ids_of(rows: Rows, name: str) -> list[str | None]:
    found = column(rows, name)
    return [found.values[code] if code >= 0 else None for code in found.codes]


def part(rows: Rows, chosen: Any) -> Rows:
    _, labels, times = rows
    columns = {name: Categories(column(rows, name).values, column(rows, name).codes[chosen]) for name in rows[0]}
    return columns, {name: label[chosen] for name, label in labels.items()}, times[chosen]


def fitted(config: ModelConfig, rows: Rows, chunk: int = 1_000) -> FittedData:
    starts = range(0, len(rows[2]), chunk)
    chunks = [part(rows, np.arange(start, min(start + chunk, len(rows[2])))) for start in starts]
    return fit_data(config, [(columns, labels, len(times), times) for columns, labels, times in chunks], seed=0)


def trained_on(config: ModelConfig, rows: Rows, **how: Any) -> np.ndarray[Any, np.dtype[np.float32]]:
    """What each training row sees."""
    return fitted(config, rows, **how).histories.encode(rows[0], rows[2])


def served(config: ModelConfig, rows: Rows) -> np.ndarray[Any, np.dtype[np.float32]]:
    """What the same rows would see when served."""
    return fitted(config, rows).encoder.encode(rows[0], len(rows[2])).numerics.numpy()


def by_hand(
    rows: Rows, of: list[str], row: int, before: int, hours: int, half_life: float, smoothing: float
) -> list[float]:
    """The numbers of one row, from the definition: sums over all rows of earlier periods, one by one."""
    _, labels, times = rows
    ids = list(zip(*(ids_of(rows, name) for name in of), strict=True))
    periods = times // (hours * HOUR)
    weights = [0.5 ** ((before - 1 - period) * hours / half_life) if period < before else 0.0 for period in periods]
    own = [w if ids[other] == ids[row] and None not in ids[row] else 0.0 for other, w in enumerate(weights)]
    found = [math.log1p(sum(own) / smoothing)]
    for task, label in labels.items():
        value = np.log1p(label) if task == "dwell" else label
        seen = [(v, w, o) for v, w, o in zip(value, weights, own, strict=True) if not math.isnan(v)]
        num_all, num_own = sum(w for _, w, _ in seen), sum(o for _, _, o in seen)
        own_sum = sum(v * o for v, _, o in seen)
        if task == "click":
            base = (sum(v * w for v, w, _ in seen) + 0.5) / (num_all + 1)
            rate = (own_sum + smoothing * base) / (num_own + smoothing)
            found.append(math.log(rate / (1 - rate)) - math.log(base / (1 - base)))
        else:
            base = sum(v * w for v, w, _ in seen) / max(num_all, 1e-9)
            spread = math.sqrt(sum(w * (v - base) ** 2 for v, w, _ in seen) / max(num_all, 1e-9)) or 1.0
            found.append((own_sum - num_own * base) / (num_own + smoothing) / spread)
        if task == "dwell":
            found.append(math.log1p(num_own / smoothing))
    return found if sum(own) >= 1 else [0.0] * len(found)


class TestDefinition:
    @pytest.mark.parametrize("of", [["user"], ["item", "user"]])
    @pytest.mark.parametrize(("hours", "half_life"), [(6, math.inf), (24, math.inf), (6, 12)])
    def test_as_counted_by_hand(self, of: list[str], hours: int, half_life: float) -> None:
        rows = log(150)
        decay = {} if math.isinf(half_life) else {"half_life": f"{half_life}h"}
        config = model({"of": of, "period": f"{hours}h", "smoothing": 3, "min_count": 1, **decay})
        periods = rows[2] // (hours * HOUR)
        expected = [by_hand(rows, of, row, periods[row], hours, half_life, 3) for row in range(150)]
        assert np.count_nonzero(expected) > 100
        np.testing.assert_allclose(trained_on(config, rows), expected, rtol=1e-4, atol=1e-5)
        end = periods.max() + 1
        expected = [by_hand(rows, of, row, end, hours, half_life, 3) for row in range(150)]
        np.testing.assert_allclose(served(config, rows), expected, rtol=1e-4, atol=1e-5)

    @pytest.mark.parametrize("chunk", [7, 100])
    def test_neither_chunks_nor_the_order_of_rows_matter(self, chunk: int) -> None:
        rows = log()
        config = model(
            {"of": ["user"], "half_life": "1d"}, {"of": ["user", "item"], "period": "6h", "tasks": ["stars"]}
        )
        once = trained_on(config, rows)
        np.testing.assert_allclose(trained_on(config, rows, chunk=chunk), once, rtol=1e-5, atol=1e-6)
        order = np.random.default_rng(1).permutation(len(once))
        np.testing.assert_allclose(trained_on(config, part(rows, order)), once[order], rtol=1e-5, atol=1e-6)

    def test_times_before_1970_are_times(self) -> None:
        config = model({"of": ["user"], "period": "6h", "half_life": "1h"})
        early, late = log(first_hour=-30), log(first_hour=690)  # 30 days apart, on the same borders of periods
        np.testing.assert_array_equal(trained_on(config, early), trained_on(config, late))

    def test_pairs_are_merged_as_they_wait(self, monkeypatch: pytest.MonkeyPatch) -> None:
        rows, config = log(), model({"of": ["user"], "period": "6h"})
        once = trained_on(config, rows)
        monkeypatch.setattr("training.fitting.by_period._SMALLEST_MERGE", 5)
        np.testing.assert_allclose(trained_on(config, rows, chunk=9), once, rtol=1e-5, atol=1e-6)


class TestNoLeak:
    PAST = (
        {"of": ["user"], "smoothing": 1, "min_count": 1},
        {"of": ["user", "item"], "period": "6h", "half_life": "1d"},
    )

    @pytest.mark.parametrize("hours", [24, 6])
    def test_no_label_of_the_own_or_a_later_period_changes_a_bit(self, hours: int) -> None:
        config = model(*({**each, "period": f"{hours}h"} for each in self.PAST))
        rows = log()
        columns, labels, times = rows
        periods = times // (hours * HOUR)
        before = trained_on(config, rows)
        for period in np.unique(periods):
            late = periods >= period
            click = np.where(late, 1 - labels["click"], labels["click"])
            changed = {
                "click": click,
                "dwell": np.where(late, np.where(click > 0, 1e5 + times % 7, np.nan), labels["dwell"]),
                "stars": np.where(late, -labels["stars"], labels["stars"]),
            }
            after = trained_on(config, (columns, changed, times))
            np.testing.assert_array_equal(after[periods <= period], before[periods <= period])
            if period < periods.max():
                assert (after[periods > period] != before[periods > period]).any()

    def test_a_label_of_an_earlier_period_does_change_its_id_and_no_label_of_another(self) -> None:
        columns, labels, times = log()
        config = model({"of": ["user"], "tasks": ["click"]})
        users = np.array([user or "" for user in ids_of((columns, labels, times), "user")])
        first = int(np.argmin(np.where(users != "", times, times.max())))
        flipped = labels["click"].copy()
        flipped[first] = 1 - flipped[first]
        before, after = (
            trained_on(config, (columns, {**labels, "click": c}, times)) for c in (labels["click"], flipped)
        )
        moved = np.abs(after - before)[:, 1]
        own_later = (users == users[first]) & (times // (24 * HOUR) > times[first] // (24 * HOUR))
        assert own_later.any()
        assert moved[own_later].min() > moved[users != users[first]].max(), "others see it in the overall rate alone"

    def test_random_labels_stay_unknown_to_the_rows_that_bear_them(self) -> None:
        rows = log(num_rows=6_000, num_ids=900, hours=120)
        config = model({"of": ["user"], "smoothing": 1, "tasks": ["click"]})
        click = rows[1]["click"]
        own_past, whole_window = trained_on(config, rows)[:, 1], served(config, rows)[:, 1]
        assert roc_auc_score(click, own_past) == pytest.approx(0.5, abs=0.03)
        assert roc_auc_score(click, whole_window) > 0.65, "the labels must be there to be read, or this test is blind"

    def test_an_id_seen_once_has_no_past_and_looks_like_a_new_one(self) -> None:
        columns, labels, times = log()
        alone = {**columns, "user": categories("user", [f"only{row}" for row in range(len(times))])}
        for min_count in (1, 2):
            config = model({"of": ["user"], "min_count": min_count})
            assert not trained_on(config, (alone, labels, times)).any()

    def test_the_first_period_has_no_past(self) -> None:
        rows = log()
        config = model(*self.PAST)
        days = rows[2] // (24 * HOUR)
        seen = trained_on(config, rows)[:, :5]
        assert not seen[days == days.min()].any()
        assert seen[days == days.max()].any(axis=0).all()


class TestSnapshot:
    def test_it_holds_ids_with_enough_rows_and_no_other(self) -> None:
        users = ["often"] * 3 + ["twice"] * 2 + ["once"]
        columns = {"user": categories("user", users), "item": categories("item", ["i"] * 6)}
        labels = {"click": np.array([1.0, 0, 1, 0, 0, 1]), "dwell": np.array([1, np.nan, 3, np.nan, np.nan, 9])}
        rows = columns, {**labels, "stars": np.arange(6.0)}, np.full(6, 490_000 * HOUR)
        past = fitted(
            model({"of": ["user"], "min_count": 3}, {"of": ["user"], "period": "6h"}), rows
        ).encoder.fitted.past
        assert [each.vocabulary.values for each in past] == [["often"], ["often", "twice"]]

    def test_counts_alone(self) -> None:
        found = served(model({"of": ["user"], "tasks": [], "smoothing": 5}), log())
        users = ids_of(log(), "user")
        expected = [math.log1p(users.count(user) / 5) if user else 0.0 for user in users]
        np.testing.assert_allclose(found, np.transpose([expected]), rtol=1e-6)

    def test_numbers_are_of_about_unit_size(self) -> None:
        config = model({"of": ["user"]})
        found = served(config, log(num_rows=20_000, num_ids=50))
        assert found.shape[1] == num_inputs(config.tasks) == 5
        assert 0.1 < np.abs(found[:, 0]).max() < 10
        assert np.abs(found).max() < 10


def test_a_past_that_needs_times_is_not_fitted_without(tmp_path: Path) -> None:
    columns, labels, times = log()
    with pytest.raises(AssertionError, match="past rates need the times of the rows"):
        fit_data(model({"of": ["user"]}), [(columns, labels, len(times))], seed=0)
