"""Laws of the synthetic world: reproducible, true to its own rates, whole or not there."""

import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from models.errors import DataError
from training.simulation import SimulationConfig, logs, simulate

ROWS_PER_DAY = 30_000
PAIRS = [("clicked", "true_click"), ("dwell_seconds", "true_dwell_seconds"), ("converted", "true_conversion")]


def small(**changes: object) -> SimulationConfig:
    settings = {"days": 2, "impressions_per_day": 4_000, "num_users": 300, "num_items": 200, "seed": 7, **changes}
    return SimulationConfig.model_validate(settings)


def files(folder: Path) -> dict[str, bytes]:
    return {path.parent.name: path.read_bytes() for path in folder.glob("date=*/part-0.parquet")}


def visible(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("simulated") / "logs"
    config = SimulationConfig(days=4, impressions_per_day=ROWS_PER_DAY, num_users=1_500, num_items=500, seed=3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logs, "CHUNK_ROWS", 8_000)
        assert simulate(config, target) == 4 * ROWS_PER_DAY
    return target


@pytest.fixture(scope="module")
def frame(folder: Path) -> pd.DataFrame:
    return ds.dataset(folder, partitioning="hive").to_table().to_pandas()


class TestReproducible:
    def test_the_same_seed_gives_identical_files(self, tmp_path: Path) -> None:
        simulate(small(), tmp_path / "one")
        simulate(small(), tmp_path / "two")
        assert files(tmp_path / "one") == files(tmp_path / "two")

    def test_another_seed_gives_other_files(self, tmp_path: Path) -> None:
        simulate(small(days=1), tmp_path / "one")
        simulate(small(days=1, seed=8), tmp_path / "two")
        assert files(tmp_path / "one") != files(tmp_path / "two")

    def test_more_days_never_change_earlier_ones(self, tmp_path: Path) -> None:
        simulate(small(days=2), tmp_path / "short")
        simulate(small(days=4), tmp_path / "long")
        short, long = files(tmp_path / "short"), files(tmp_path / "long")
        assert len(long) == 4
        assert {day: long[day] for day in short} == short


class TestTruth:
    @pytest.mark.parametrize(("label", "truth"), PAIRS)
    def test_the_mean_label_is_the_mean_truth(self, frame: pd.DataFrame, label: str, truth: str) -> None:
        rows = frame if label == "clicked" else frame[frame.clicked == 1]
        difference = (rows[label] - rows[truth]).to_numpy()
        assert abs(difference.mean()) < 4 * difference.std() / np.sqrt(len(rows))

    @pytest.mark.parametrize(("label", "truth"), PAIRS)
    def test_every_decile_of_truth_is_calibrated(self, frame: pd.DataFrame, label: str, truth: str) -> None:
        rows = frame if label == "clicked" else frame[frame.clicked == 1]
        for _, decile in rows.groupby(pd.qcut(rows[truth], 10)):
            difference = (decile[label] - decile[truth]).to_numpy()
            # Conversions of the lowest deciles are few: their spread comes from the truth, not from the sample.
            spread = np.sqrt((decile[truth] * (1 - decile[truth])).mean()) if truth != PAIRS[1][1] else difference.std()
            assert abs(difference.mean()) < 4.5 * spread / np.sqrt(len(decile))

    def test_labels_differ_from_a_coin_of_the_base_rate(self, frame: pd.DataFrame) -> None:
        top = frame[frame.true_click > frame.true_click.quantile(0.9)]
        assert top.clicked.mean() > 3 * frame.clicked.mean()

    def test_tasks_share_structure(self, frame: pd.DataFrame) -> None:
        logs_of_truth = np.log(frame[[truth for _, truth in PAIRS]])
        correlation = np.corrcoef(logs_of_truth.to_numpy().T)
        assert correlation[0, 1] > 0.1
        assert correlation[0, 2] > 0.1
        assert correlation[1, 2] > 0.4


class TestRates:
    def test_rates_are_those_asked_for(self, frame: pd.DataFrame) -> None:
        clicks = frame[frame.clicked == 1]
        assert 0.035 < frame.clicked.mean() < 0.047
        assert 0.035 < clicks.converted.mean() < 0.065
        assert 22 < clicks.dwell_seconds.median() < 29
        assert 0.13 < (clicks.dwell_seconds < 2).mean() < 0.19

    def test_dwell_and_conversion_exist_only_after_a_click(self, frame: pd.DataFrame) -> None:
        unclicked = frame[frame.clicked == 0]
        assert unclicked.dwell_seconds.isna().all()
        assert (unclicked.converted == 0).all()
        assert frame[frame.clicked == 1].dwell_seconds.notna().all()

    @pytest.mark.parametrize("rate", [0.01, 0.2])
    def test_the_click_rate_follows_its_knob(self, tmp_path: Path, rate: float) -> None:
        simulate(small(days=1, impressions_per_day=20_000, click_rate=rate), tmp_path / "logs")
        truth = ds.dataset(tmp_path / "logs").to_table(columns=["true_click"])["true_click"].to_numpy()
        assert truth.mean() == pytest.approx(rate, rel=0.12)


class TestRequests:
    def test_rows_are_sorted_by_time_and_numbered_through(self, frame: pd.DataFrame) -> None:
        assert frame.time_ms.is_monotonic_increasing
        assert (frame.impression_id == np.arange(len(frame))).all()

    def test_times_lie_in_their_day_and_hour(self, frame: pd.DataFrame) -> None:
        when = pd.to_datetime(frame.time_ms, unit="ms")
        assert (when.dt.strftime("%Y-%m-%d") == frame.date.astype(str)).all()
        assert (when.dt.hour == frame.hour).all()

    def test_a_request_has_one_context_and_different_items(self, frame: pd.DataFrame) -> None:
        groups = frame.groupby("request_id")
        assert (groups[["user_id", "time_ms", "placement", "device"]].nunique() == 1).all(axis=None)
        assert (groups.item_id.nunique() == groups.size()).all()
        assert (groups.position.max() == groups.size()).all()
        assert (groups.position.min() == 1).all()
        assert groups.size().max() == 12

    def test_new_users_and_new_items_appear_every_day(self, frame: pd.DataFrame) -> None:
        first_day = frame[frame.date == frame.date.min()]
        last_day = frame[frame.date == frame.date.max()]
        for column in ("user_id", "item_id"):
            assert set(last_day[column]) - set(first_day[column])
        assert (frame.item_age_hours >= 0).all()
        assert (frame.user_tenure_days.dropna() >= 0).all()

    def test_some_values_are_missing(self, frame: pd.DataFrame) -> None:
        for column in ("age_band", "user_tenure_days", "price"):
            assert 0.01 < frame[column].isna().mean() < 0.12


class TestHistory:
    def test_it_holds_exactly_the_last_clicks_strictly_before(self, frame: pd.DataFrame) -> None:
        """Replays all days row by row, over chunk and day borders."""
        clicks: dict[str, list[tuple[int, str]]] = defaultdict(list)
        longest = 0
        columns = frame[["time_ms", "user_id", "item_id", "clicked", "history"]]
        for time_ms, user, item, clicked, history in columns.itertuples(index=False):
            expected = [clicked_item for at, clicked_item in clicks[user] if at < time_ms][-20:]
            assert list(history) == expected
            longest = max(longest, len(expected))
            if clicked:
                clicks[user].append((time_ms, item))
        assert longest == 20

    def test_its_length_is_a_setting(self, tmp_path: Path) -> None:
        simulate(small(days=3, history_length=3, click_rate=0.2), tmp_path / "logs")
        lengths = ds.dataset(tmp_path / "logs").to_table(columns=["history"])["history"].to_pandas().map(len)
        assert lengths.max() == 3


class TestFiles:
    def test_the_sidecar_names_existing_columns(self, folder: Path) -> None:
        world = json.loads((folder / "_world.json").read_text())
        columns = set(ds.dataset(folder, partitioning="hive").schema.names)
        assert world["truth"] == dict(PAIRS)
        assert set(world["truth"]) | set(world["truth"].values()) <= columns
        assert set(world["descriptions"]) == set(world["truth"].values())
        assert SimulationConfig.model_validate(world["config"]).seed == 3

    def test_row_groups_are_small_compressed_and_text_is_plain(self, tmp_path: Path) -> None:
        simulate(small(days=1, impressions_per_day=70_000), tmp_path / "logs")
        file = pq.ParquetFile(next((tmp_path / "logs").glob("date=*/*.parquet")))
        groups = [file.metadata.row_group(index) for index in range(file.num_row_groups)]
        assert [group.num_rows for group in groups] == [65_536, 70_000 - 65_536]
        assert groups[0].column(0).compression == "ZSTD"
        kinds = {field.name: str(field.type) for field in file.schema_arrow}
        assert {kinds[name] for name in ("user_id", "country", "item_id", "category")} == {"string"}
        assert kinds["history"].startswith("list<")
        assert kinds["clicked"] == "int8"

    def test_a_killed_run_leaves_no_half_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(logs, "CHUNK_ROWS", 1_000)

        def die_in_the_second_day(day_index: int, num_days: int, rows: int) -> None:
            if rows > 5_000:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            simulate(small(), tmp_path / "logs", progress=die_in_the_second_day)
        assert visible(tmp_path / "logs") == ["part-0.parquet"]
        assert len(ds.dataset(tmp_path / "logs").to_table()) == 4_000

    def test_a_file_is_not_visible_before_its_rename(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def power_cut(self: Path, target: Path) -> None:
            raise OSError("power cut")

        monkeypatch.setattr(Path, "replace", power_cut)
        with pytest.raises(OSError, match="power cut"):
            simulate(small(), tmp_path / "logs")
        assert visible(tmp_path / "logs") == []

    def test_a_folder_in_use_is_refused_with_a_way_out(self, tmp_path: Path) -> None:
        simulate(small(days=1), tmp_path / "logs")
        before = files(tmp_path / "logs")
        with pytest.raises(DataError, match=r"empty folder, found '_world.json'.*overwrite"):
            simulate(small(days=1, seed=8), tmp_path / "logs")
        assert files(tmp_path / "logs") == before

    def test_overwrite_replaces_all_days_of_an_earlier_run(self, tmp_path: Path) -> None:
        simulate(small(days=3), tmp_path / "logs")
        (tmp_path / "logs" / "date=2026-01-02" / ".part-0.parquet.12345678.partial").touch()
        simulate(small(days=1, seed=8), tmp_path / "logs", overwrite=True)
        assert list(files(tmp_path / "logs")) == ["date=2026-01-01"]

    def test_overwrite_never_removes_logs_that_were_not_simulated(self, tmp_path: Path) -> None:
        simulate(small(days=1), tmp_path)
        real = tmp_path / "date=2026-01-02" / "part-0.parquet"
        real.parent.mkdir()
        pd.DataFrame({"clicked": [1]}).to_parquet(real)
        for content in (real.read_bytes(), b"no Parquet at all"):
            real.write_bytes(content)
            before = files(tmp_path)
            with pytest.raises(DataError, match=r"found 'part-0\.parquet' among 1 files.*move them away"):
                simulate(small(days=1, seed=8), tmp_path, overwrite=True)
            assert files(tmp_path) == before

    def test_a_folder_with_other_files_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "notes.txt").write_text("mine")
        for overwrite in (False, True):
            with pytest.raises(DataError, match=r"notes\.txt"):
                simulate(small(days=1), tmp_path, overwrite=overwrite)

    def test_progress_counts_days_and_rows(self, tmp_path: Path) -> None:
        calls: list[tuple[int, int, int]] = []
        simulate(small(), tmp_path / "logs", progress=lambda *call: calls.append(call))
        assert calls == [(0, 2, 4_000), (1, 2, 8_000)]


class TestConfig:
    @pytest.mark.parametrize(
        "changes", [{"min_candidates": 13}, {"num_items": 119}, {"clickrate": 0.1}, {"days": 0}, {"click_rate": 0.0}]
    )
    def test_settings_that_break_a_rule_are_refused(self, changes: dict[str, object]) -> None:
        with pytest.raises(ValidationError):
            small(**changes)

    def test_every_knob_is_documented(self) -> None:
        page = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text()
        assert [name for name in SimulationConfig.model_fields if f"`{name}`" not in page] == []

    def test_every_column_is_documented(self, frame: pd.DataFrame) -> None:
        page = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text()
        assert [name for name in frame.columns if f"`{name}`" not in page] == []
