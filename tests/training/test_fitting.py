"""One streaming pass: the same numbers as over the whole column at once, however it is cut into chunks."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydantic import TypeAdapter

from models.columns import bags, categories, numbers
from models.errors import DataError
from models.features import Feature, NumericFeature, NumericStatistics
from models.features.numeric import Buckets
from models.features.vocabulary import HashVocabulary, LearnedVocabulary, LearnedVocabularyConfig
from models.heads import LabelStatistics, Task
from tests.training.small import FEATURES, data_config, frame, model_config, reader, write_days
from training.data.windows import find_windows
from training.fitting.categories import VocabularyFit
from training.fitting.fit import FittedData, fit_data
from training.fitting.labels import LabelFit
from training.fitting.numeric import NumericFit
from training.fitting.sample import UniformSample


def cut(values: list[Any] | NDArray[np.float64], sizes: list[int]) -> list[Any]:
    return list(np.split(np.asarray(values, dtype=object), np.cumsum(sizes)[:-1]))


class TestVocabulary:
    @staticmethod
    def fitted(values: list[str | None], sizes: list[int], **settings: Any) -> list[str]:
        fit = VocabularyFit(LearnedVocabularyConfig(**settings))
        for part in cut(values, sizes):
            fit.add(categories("x", list(part)))
        return fit.vocabulary().values

    def test_counts_order_and_ties(self) -> None:
        values = ["b", "a", "c", "a", "b", None, "d", "a"]
        assert self.fitted(values, [8], min_count=1) == ["a", "b", "c", "d"]
        assert self.fitted(values, [8], min_count=2) == ["a", "b"]
        assert self.fitted(values, [8], min_count=4) == []
        assert self.fitted(values, [8], min_count=1, max_size=3) == ["a", "b", "c"]

    @given(st.permutations(["b", "a", "c", "a", "b", None, "d", "e"]), st.integers(0, 8))
    def test_neither_order_nor_chunks_matter(self, values: list[str | None], size: int) -> None:
        assert self.fitted(values, [size, 8 - size], min_count=1, max_size=4) == ["a", "b", "c", "d"]

    def test_bags_count_every_element(self) -> None:
        fit = VocabularyFit(LearnedVocabularyConfig(min_count=2))
        fit.add(bags("x", [["a", "a", None], None, ["b"]]))
        assert fit.vocabulary().values == ["a"]


class TestNumeric:
    FEATURE = NumericFeature(name="x", kind="numeric", scope="candidate", num_buckets=4)

    def fitted(self, values: NDArray[np.float64], sizes: list[int], **settings: Any) -> NumericStatistics:
        fit = NumericFit(self.FEATURE.model_copy(update=settings), seed=0)
        for part in cut(values, sizes):
            fit.add(part.astype(np.float64))
        return fit.statistics()

    @given(st.lists(st.integers(0, 400), min_size=1, max_size=5), st.sampled_from([0.0, 1e6, -1e9]))
    def test_moments_equal_numpy_in_any_chunking(self, sizes: list[int], shift: float) -> None:
        sizes = [*sizes, 50]
        values = np.random.default_rng(0).normal(size=sum(sizes)) + shift
        values[::7] = math.nan
        found = self.fitted(values, sizes)
        assert found.mean == pytest.approx(np.nanmean(values), rel=1e-9, abs=1e-9)
        assert found.standard_deviation == pytest.approx(np.nanstd(values), rel=1e-6 if shift else 1e-9)

    def test_moments_are_of_the_transformed_value(self) -> None:
        values = np.array([-5.0, 0.0, 7.0, 100.0])
        expected = np.sign(values) * np.log1p(np.abs(values))
        found = self.fitted(values, [4], transform="log1p")
        assert found.mean == pytest.approx(expected.mean(), rel=1e-12)
        assert found.standard_deviation == pytest.approx(expected.std(), rel=1e-12)

    def test_buckets_hold_about_the_same_number_of_rows(self) -> None:
        values = np.random.default_rng(0).lognormal(size=10_000)
        found = self.fitted(values, [3_000, 7_000])
        counts = np.bincount(Buckets(self.FEATURE, found).rows(values))[1:]
        assert len(counts) == 4
        assert counts.min() > 2_400
        assert counts.max() < 2_600

    @given(st.lists(st.integers(-3, 3), min_size=1, max_size=60))
    def test_edges_reach_from_the_smallest_to_the_largest_value(self, whole: list[int]) -> None:
        found = self.fitted(np.array([*whole, math.nan]), [len(whole) // 2, len(whole) + 1])
        assert list(found.edges) == sorted({min(whole), *found.boundaries, max(whole)})
        assert found.num_pieces == len(found.edges) - 1
        assert (found.num_pieces == 0) == (len(set(whole)) == 1)

    @given(st.lists(st.integers(-3, 3), min_size=1, max_size=60))
    def test_boundaries_ascend_and_no_bucket_is_empty(self, whole: list[int]) -> None:
        values = np.array(whole, dtype=np.float64)
        found = self.fitted(values, [len(values)])
        assert list(found.boundaries) == sorted(set(found.boundaries))
        rows = Buckets(self.FEATURE, found).rows(values)
        assert set(rows.tolist()) == set(range(1, found.num_rows))

    @pytest.mark.parametrize("value", [0.1, 1e15 + 0.3, -1 / 3, 0.0])
    def test_a_constant_keeps_a_deviation_of_one(self, value: float) -> None:
        found = self.fitted(np.full(1_000, value), [300, 7, 693])
        assert found.standard_deviation == 1.0
        assert found.mean == pytest.approx(value, rel=1e-12)
        assert found.boundaries == ()

    @pytest.mark.parametrize("sentinel", [1.7976931348623157e308, -1e200])
    def test_a_sentinel_beyond_all_reason_is_refused_by_name(self, sentinel: float) -> None:
        with pytest.raises(DataError, match=r"column 'x'.*correct the log"):
            self.fitted(np.array([1.0, 2.0, sentinel, 3.0]), [4])

    def test_buckets_forgive_a_sentinel_on_a_logarithm(self) -> None:
        assert self.fitted(np.array([1.0, 2.0, 1e308]), [3], transform="log1p").standard_deviation > 1


class TestSample:
    @given(st.lists(st.integers(0, 90), min_size=1, max_size=6))
    def test_chunks_do_not_matter(self, sizes: list[int]) -> None:
        values = np.arange(float(sum(sizes)))
        whole, parts = UniformSample(50, seed=3), UniformSample(50, seed=3)
        whole.add(values)
        for part in cut(values, sizes):
            parts.add(part.astype(np.float64))
        assert whole.values.tolist() == parts.values.tolist()

    def test_it_is_bounded_and_uniform(self) -> None:
        means = []
        for seed in range(200):
            sample = UniformSample(20, seed)
            for start in range(0, 1_000, 100):
                sample.add(np.arange(start, start + 100.0))
            assert len(sample.values) == 20
            assert len(set(sample.values)) == 20
            means.append(sample.values.mean())
        assert abs(np.mean(means) - 499.5) < 4 * 288.7 / math.sqrt(20 * 200)

    def test_a_short_stream_is_kept_whole_and_in_order(self) -> None:
        sample = UniformSample(5, seed=0)
        sample.add(np.array([3.0, 1.0]))
        sample.add(np.array([2.0]))
        assert sample.values.tolist() == [3, 1, 2]


class TestLabels:
    @staticmethod
    def fitted(kind: str, values: list[float], sizes: list[int] | None = None, **settings: Any) -> LabelStatistics:
        adapter: TypeAdapter[Task] = TypeAdapter(Task)
        task = adapter.validate_python({"name": "t", "kind": kind, "label": "happened", **settings})
        fit = LabelFit(task, seed=0)
        for part in cut(values, sizes or [len(values)]):
            fit.add(part.astype(np.float64))
        return fit.statistics()

    def test_the_rate_is_of_observed_rows(self) -> None:
        found = self.fitted("binary", [1, 0, math.nan, 0, 0], [2, 3])
        assert found.model_dump() == {"kind": "binary", "num_observed": 4, "rate": 0.25}

    def test_a_duration(self) -> None:
        values = [0.0, 4.0, math.nan, 10.0, 100.0]
        found = self.fitted("duration", values, [1, 2, 2])
        logarithm = np.log1p(np.array([0.0, 4.0, 10.0, 100.0]) / 10)
        assert found.model_dump(exclude_defaults=True) == pytest.approx(
            {
                "num_observed": 4,
                "mean_seconds": 28.5,
                "max_seconds": 100.0,
                "scale_seconds": 10.0,
                "log_mean": logarithm.mean(),
                "log_standard_deviation": logarithm.std(),
            }
        )

    @given(st.sampled_from([1e-3, 60.0, 1e3]))
    def test_the_unit_of_a_duration_cancels(self, factor: float) -> None:
        values = np.random.default_rng(0).exponential(20, 300)
        one, other = self.fitted("duration", list(values)), self.fitted("duration", list(values * factor))
        assert one.kind == other.kind == "duration"
        assert other.scale_seconds == pytest.approx(one.scale_seconds * factor)
        assert other.log_mean == pytest.approx(one.log_mean)
        assert other.log_standard_deviation == pytest.approx(one.log_standard_deviation)

    @pytest.mark.parametrize(
        ("kind", "values", "message"),
        [
            ("binary", [math.nan] * 3, r"'happened' of task 't' is null in every row.*remove the task, or correct"),
            ("binary", [], r"is null in every row"),
            ("duration", [math.nan], r"is null in every row"),
            ("binary", [1, 1, math.nan], r"both outcomes.*'happened' of task 't' is 1 in all 2 observed rows"),
            ("binary", [0, 0], r"is 0 in all 2 observed rows: remove the task, or train on a longer window"),
            ("duration", [0.0, 0.0], r"a duration varies; .*'happened' of task 't' is 0 s in all 2 observed rows"),
            ("duration", [7.5, 7.5], r"is 7.5 s in all 2"),
        ],
    )
    def test_nothing_to_learn_is_refused(self, kind: str, values: list[float], message: str) -> None:
        with pytest.raises(DataError, match=message):
            self.fitted(kind, values)

    def test_the_refusal_says_when_the_label_would_count(self) -> None:
        with pytest.raises(DataError, match="null in every row where 'click' is positive"):
            self.fitted("binary", [math.nan], observed_when="click")


def fitted_on_train(folder: Path, **data: Any) -> FittedData:
    log = reader(folder, **data)
    windows = find_windows(log.source, data_config(folder))
    chunks = ((chunk.features, chunk.labels, chunk.num_rows) for chunk in log.chunks(windows.train))
    return fit_data(log.model, chunks, seed=0)


class TestWholePass:
    def test_only_the_training_window_is_fitted(self, tmp_path: Path) -> None:
        log = frame(days=4, rows_per_day=40)
        late = log.time.dt.day >= 12
        log.loc[late, "user"] = "future"
        log.loc[late, "age"] = 1e6
        log.loc[late, "tags"] = "future"
        log.loc[late, "clicked"] = 1
        log.loc[late, "seconds"] = 1e6
        found = fitted_on_train(write_days(tmp_path, log))
        train = log[~late]
        assert found.num_rows == len(train)
        assert set(found.encoder.fitted.vocabularies["user"].values) == set(train.user)  # type: ignore[union-attr]
        assert found.encoder.fitted.vocabularies["tags"].values == sorted(  # type: ignore[union-attr]
            "abc", key=lambda tag: (-train.tags.str.count(tag).sum(), tag)
        )
        assert found.encoder.fitted.numerics["age"].mean == pytest.approx(train.age.mean(), rel=1e-9)
        assert found.statistics["click"].model_dump()["rate"] == pytest.approx(train.clicked.mean())
        assert found.statistics["dwell"].model_dump()["max_seconds"] == train.seconds.max()
        assert found.statistics["dwell"].num_observed == train.clicked.sum()
        assert found.null_shares["age"] == pytest.approx(train.age.isna().mean())
        assert found.null_shares["tags"] == pytest.approx((train.tags == "").mean())

    @pytest.mark.parametrize("read_rows", [1, 7, 64])
    def test_the_size_of_chunks_changes_nothing(self, tmp_path: Path, read_rows: int) -> None:
        write_days(tmp_path, frame(days=4, rows_per_day=40))
        one, other = fitted_on_train(tmp_path), fitted_on_train(tmp_path, read_rows=read_rows)
        assert one.encoder.num_rows == other.encoder.num_rows
        ages = [found.encoder.fitted.numerics["age"] for found in (one, other)]
        assert ages[0].mean == pytest.approx(ages[1].mean, rel=1e-12)
        assert ages[0].boundaries == ages[1].boundaries
        assert one.statistics["click"] == other.statistics["click"]
        dwell = [found.statistics["dwell"].model_dump(exclude_defaults=True) for found in (one, other)]
        assert dwell[0] == pytest.approx(dwell[1])

    def test_a_shared_vocabulary_counts_both_columns(self) -> None:
        shared = {"name": "history", "kind": "multi_categorical", "scope": "context", "shares": "item"}
        item: dict[str, Any] = {"name": "item", "kind": "categorical", "scope": "candidate"}
        model = model_config(features=[item, shared], tasks=model_config().tasks[:1])
        columns = {"item": categories("item", ["a", "b"]), "history": bags("history", [["b", "c"], ["c"]])}
        found = fit_data(model, [(columns, {"click": np.array([0.0, 1.0])}, 2)], seed=0)
        assert found.encoder.fitted.vocabularies.keys() == {"item"}
        learned = found.encoder.fitted.vocabularies["item"]
        assert isinstance(learned, LearnedVocabulary)
        assert learned.values == ["b", "c"]

    def test_a_shared_table_counts_all_that_share_it(self) -> None:
        item: dict[str, Any] = {"name": "item", "kind": "categorical", "scope": "candidate"}
        last: dict[str, Any] = {"name": "last", "kind": "categorical", "scope": "context", "shares": "item"}
        model = model_config(features=[last, item], tasks=model_config().tasks[:1])
        columns = {"item": categories("item", ["a", "b"]), "last": categories("last", ["b", "c"])}
        found = fit_data(model, [(columns, {"click": np.array([0.0, 1.0])}, 2)], seed=0)
        learned = found.encoder.fitted.vocabularies["item"]
        assert isinstance(learned, LearnedVocabulary)
        assert learned.values == ["b"]
        assert found.encoder.first_row("last") == found.encoder.first_row("item")

    def test_a_cross_counts_combinations(self) -> None:
        features = [{"name": name, "kind": "categorical", "scope": "context"} for name in ("user", "tab")]
        crosses = [
            {"name": "both", "of": ["user", "tab"]},
            {"name": "hashed", "of": ["tab", "user"], "vocabulary": {"kind": "hash", "num_buckets": 5}},
        ]
        model = model_config(features=features, crosses=crosses, tasks=model_config().tasks[:1])
        chunks = [(["u", "u", "v"], ["x", "x", "x"]), (["u", "v", None], ["y", "x", "x"])]
        label = {"click": np.array([0.0, 1.0, 0.0])}
        rows = [({"user": categories("user", u), "tab": categories("tab", t)}, label, 3) for u, t in chunks]
        vocabularies = fit_data(model, rows, seed=0).encoder.fitted.vocabularies
        both, hashed = vocabularies["both"], vocabularies["hashed"]
        assert isinstance(both, LearnedVocabulary)
        assert both.values == ["u|x", "v|x"]
        assert isinstance(hashed, HashVocabulary)

    def test_a_hash_is_not_fitted(self) -> None:
        model = model_config(features=[FEATURES[2]], tasks=model_config().tasks[:1])
        columns = {"item": categories("item", ["a", "b"])}
        found = fit_data(model, [(columns, {"click": np.array([0.0, 1.0])}, 2)], seed=0)
        assert isinstance(found.encoder.fitted.vocabularies["item"], HashVocabulary)

    @pytest.mark.parametrize("name", ["user", "age", "tags", "item"])
    def test_a_feature_that_is_always_null_is_refused_by_name(self, tmp_path: Path, name: str) -> None:
        log = frame(days=4, rows_per_day=5)
        log[name] = None
        write_days(tmp_path, log)
        with pytest.raises(DataError, match=rf"null in all 10 rows: {name}\. .*remove the feature, or correct the log"):
            fitted_on_train(tmp_path)

    def test_null_only_in_the_training_window_is_refused_too(self) -> None:
        feature: Feature = model_config().features[1]
        model = model_config(features=[feature], tasks=model_config().tasks[:1])
        columns = {"age": numbers("age", [None, None])}
        with pytest.raises(DataError, match="age"):
            fit_data(model, [(columns, {"click": np.array([0.0, 1.0])}, 2)], seed=0)
