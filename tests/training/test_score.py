"""Batch scoring: the predictor's numbers, in the log's order, in a file that is whole or not there."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from models.encoder import Encoder, Fitted
from models.errors import DataError
from models.features import NumericStatistics
from models.features.vocabulary import HashVocabulary, LearnedVocabulary
from models.heads import BinaryStatistics, DurationStatistics
from models.network import Network
from models.predictor import Predictor, typed_column
from models.ranking import RankingConfig
from tests.training.small import frame, model_config, write, write_days
from training import score as score_module
from training.ranking import score_line
from training.score import score

FIELDS = ["click", "dwell", "dwell_median"]
LOG = frame(days=2, rows_per_day=40)


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    torch.manual_seed(0)
    model = model_config(embedding={"dim": 2, "initial_std": 1.0})
    users, tags = LearnedVocabulary([f"u{n}" for n in range(5)]), LearnedVocabulary("ab")
    age = NumericStatistics(mean=40, standard_deviation=10, boundaries=())
    encoder = Encoder(model.features, Fitted({"user": users, "item": HashVocabulary(64), "tags": tags}, {"age": age}))
    dwell = DurationStatistics(
        num_observed=9, mean_seconds=20, max_seconds=99, scale_seconds=9, log_mean=1, log_standard_deviation=1
    )
    statistics = {"click": BinaryStatistics(num_observed=9, rate=0.3), "dwell": dwell}
    from models.calibration import Moment, Platt

    network = Network(model, encoder, statistics)
    return Predictor(model, encoder, network, {"click": Platt(slope=1.1), "dwell": Moment(factor=1.2)})


def as_served(predictor: Predictor) -> dict[str, np.ndarray]:
    """What the service would answer for the same rows."""
    rows = [{n: None if v != v else v for n, v in row.items()} for row in LOG.to_dict("records")]
    features = {f.name: typed_column(f, [row[f.name] for row in rows]) for f in predictor.config.features}
    return dict(predictor.predict(features, len(rows)))


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
@pytest.mark.parametrize("read_rows", [1, 7, 65_536])
def test_the_numbers_of_the_predictor_in_the_logs_order(
    tmp_path: Path, predictor: Predictor, monkeypatch: pytest.MonkeyPatch, suffix: str, read_rows: int
) -> None:
    write_days(tmp_path / "logs", LOG, suffix)
    monkeypatch.setattr(score_module, "READ_ROWS", read_rows)
    told: list[int] = []
    assert score(predictor, str(tmp_path / "logs"), tmp_path / "out.parquet", ["row", "user"], told.append) == 80
    found = pq.read_table(tmp_path / "out.parquet")
    assert found.column_names == ["row", "user", *FIELDS]
    assert found.column("row").to_pylist() == list(range(80))
    assert found.column("user").to_pylist() == LOG.user.to_list()
    for field, values in as_served(predictor).items():
        np.testing.assert_allclose(found.column(field).to_numpy(), values, rtol=1e-5, atol=1e-6)
    assert told == sorted(told)
    assert told[-1] == 80


def test_labels_and_other_columns_are_not_needed(tmp_path: Path, predictor: Predictor) -> None:
    write(tmp_path / "log.parquet", LOG[["user", "age", "item", "tags"]])
    assert score(predictor, str(tmp_path / "log.parquet"), tmp_path / "out.parquet") == 80
    assert pq.read_table(tmp_path / "out.parquet").column_names == FIELDS


@pytest.mark.parametrize("how", ["null", "unknown"])
def test_null_and_new_values_are_scored(tmp_path: Path, predictor: Predictor, how: str) -> None:
    nulls: dict[str, Any] = {name: pa.nulls(3) for name in ("user", "age", "item", "tags")}
    new = {"user": ["x"] * 3, "age": [1e308, -1e308, 0.0], "item": [-1, 2**62, 0], "tags": ["x,y", ",", ""]}
    write(tmp_path / "log.parquet", nulls if how == "null" else new)
    score(predictor, str(tmp_path / "log.parquet"), tmp_path / "out.parquet")
    found = pq.read_table(tmp_path / "out.parquet")
    assert all(np.isfinite(found.column(field).to_numpy()).all() for field in FIELDS)


def test_an_old_file_is_replaced_whole(tmp_path: Path, predictor: Predictor) -> None:
    write(tmp_path / "log.parquet", LOG)
    (tmp_path / "out.parquet").write_text("old")
    score(predictor, str(tmp_path / "log.parquet"), tmp_path / "out.parquet")
    assert pq.read_table(tmp_path / "out.parquet").num_rows == 80


class TestRanked:
    """A model with a utility."""

    @staticmethod
    def ranked(predictor: Predictor, utility: str) -> Predictor:
        config = predictor.config.model_copy(update={"ranking": RankingConfig(utility=utility)})
        return Predictor(config, predictor.encoder, predictor.network, predictor.calibrations)

    def test_the_score_is_the_last_column(self, tmp_path: Path, predictor: Predictor) -> None:
        write(tmp_path / "log.parquet", LOG)
        score(self.ranked(predictor, "click * (1 + dwell)"), str(tmp_path / "log.parquet"), tmp_path / "out.parquet")
        found = pq.read_table(tmp_path / "out.parquet")
        assert found.column_names == [*FIELDS, "score"]
        click, dwell = (found.column(field).to_numpy().astype(np.float64) for field in ("click", "dwell"))
        np.testing.assert_array_equal(found.column("score").to_numpy(), (click * (1 + dwell)).astype(np.float32))

    def test_a_score_that_is_not_finite_names_the_row_of_the_log(
        self, tmp_path: Path, predictor: Predictor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(tmp_path / "log.parquet", LOG)
        dwell = as_served(predictor)["dwell"]
        broken = self.ranked(predictor, f"sqrt({np.sort(dwell)[-2:].mean()} - dwell)")
        monkeypatch.setattr(score_module, "READ_ROWS", 7)
        with pytest.raises(DataError, match=rf"row {dwell.argmax()}, field 'score': must be finite"):
            score(broken, str(tmp_path / "log.parquet"), tmp_path / "out.parquet")
        assert not (tmp_path / "out.parquet").exists()

    def test_a_kept_column_may_not_be_called_score(self, tmp_path: Path, predictor: Predictor) -> None:
        write(tmp_path / "log.parquet", LOG.assign(score=1))
        with pytest.raises(DataError, match="both are called score"):
            score(self.ranked(predictor, "click"), str(tmp_path / "log.parquet"), tmp_path / "o.parquet", ["score"])
        score(predictor, str(tmp_path / "log.parquet"), tmp_path / "o.parquet", ["score"])

    def test_a_window_is_told_by_its_scores(self, predictor: Predictor) -> None:
        predictions = as_served(predictor)
        assert score_line(predictor.config, predictions) is None
        line = score_line(self.ranked(predictor, "click * 0 + 2").config, predictions)
        assert line == "score      2 at the median of the test window, from 2 to 2"

    def test_a_window_with_broken_scores_is_told_by_their_number(self, predictor: Predictor) -> None:
        predictions = as_served(predictor)
        limit = float(np.median(predictions["dwell"]))
        num_broken = int((predictions["dwell"] > np.float64(limit)).sum())
        line = score_line(self.ranked(predictor, f"sqrt({limit} - dwell)").config, predictions)
        assert line is not None
        assert f"warning: {num_broken} of 80 rows of the test window have no finite score" in line
        assert f"row {int((predictions['dwell'] > limit).argmax())}, field 'score'" in line


class TestRefused:
    @staticmethod
    def refused(predictor: Predictor, log: Path, message: str, keep: list[str] | None = None) -> None:
        output = log.parent / "out" / "scores.parquet"
        output.parent.mkdir()
        output.write_text("old")
        with pytest.raises(DataError, match=message):
            score(predictor, str(log), output, keep or [])
        assert output.read_text() == "old"
        assert [path.name for path in output.parent.iterdir()] == ["scores.parquet"]

    def test_a_missing_feature(self, tmp_path: Path, predictor: Predictor) -> None:
        write(tmp_path / "logs" / "a.parquet", LOG.drop(columns="age"))
        self.refused(predictor, tmp_path / "logs", r"a\.parquet lacks age")

    def test_a_missing_kept_column(self, tmp_path: Path, predictor: Predictor) -> None:
        write(tmp_path / "logs" / "a.parquet", LOG)
        self.refused(predictor, tmp_path / "logs", r"a\.parquet lacks request", ["request"])

    def test_a_kept_column_with_the_name_of_a_prediction(self, tmp_path: Path, predictor: Predictor) -> None:
        write(tmp_path / "logs" / "a.parquet", LOG.assign(click=1))
        self.refused(predictor, tmp_path / "logs", r"both are called click", ["click"])

    def test_no_rows(self, tmp_path: Path, predictor: Predictor) -> None:
        write(tmp_path / "logs" / "a.parquet", LOG[:0].astype({"user": str}))
        self.refused(predictor, tmp_path / "logs", r"has rows; found none in .*check the path")

    def test_a_wrong_value_late_in_the_log(self, tmp_path: Path, predictor: Predictor) -> None:
        write(tmp_path / "logs" / "a.parquet", LOG)
        write(tmp_path / "logs" / "b.parquet", LOG.assign(age=np.inf))
        self.refused(predictor, tmp_path / "logs", r"column 'age' holds infinity")

    def test_a_file_torn_in_the_middle(self, tmp_path: Path, predictor: Predictor) -> None:
        write(tmp_path / "logs" / "a.parquet", LOG)
        path = write(tmp_path / "logs" / "b.parquet", LOG.assign(user=[f"{n:0999}" for n in range(80)]))
        data = bytearray(path.read_bytes())
        data[50 : len(data) // 2] = np.random.default_rng(0).bytes(len(data) // 2 - 50)
        path.write_bytes(data)
        self.refused(predictor, tmp_path / "logs", r"b\.parquet cannot")

    def test_a_column_kept_twice_is_kept_once(self, tmp_path: Path, predictor: Predictor) -> None:
        write(tmp_path / "log.parquet", LOG)
        score(predictor, str(tmp_path / "log.parquet"), tmp_path / "out.parquet", ["row", "row"])
        assert pq.read_table(tmp_path / "out.parquet").column_names == ["row", *FIELDS]
