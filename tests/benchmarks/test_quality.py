"""The parts of `make bench-quality` that are the benchmark's own; no peer is needed for them."""

import ast
import json
import re
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit, logit

from benchmarks.quality.coding import MISSING, UNKNOWN, Coded, coded
from benchmarks.quality.encodings import PRIOR_ROWS, leave_one_out, past_only
from benchmarks.quality.exchange import ARRAYS, DESCRIPTION, write_arrays
from benchmarks.quality.measures import measured, platt_scaled
from benchmarks.quality.page import section
from benchmarks.quality.results import Result, fingerprint_of_ours, fingerprint_of_peers, store, stored
from benchmarks.quality.rows import Rows, read_rows
from benchmarks.quality.systems import OURS, PEERS, TITLES
from benchmarks.quality.trees import id_keys, matrix
from tests.training.worlds import small_config
from training.config import Config
from training.data.reader import open_log
from training.data.windows import find_windows
from training.evaluation.binary import binary_metrics
from training.evaluation.duration import xauc
from training.simulation import SimulationConfig, simulate

QUALITY = Path(__file__).parent.parent.parent / "benchmarks" / "quality"


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """Five days with few users and items; every binary label counts in every row."""
    folder = tmp_path_factory.mktemp("quality") / "logs"
    simulate(SimulationConfig(days=5, impressions_per_day=800, num_users=120, num_items=150, click_rate=0.3), folder)
    found = small_config(folder)
    tasks = tuple(t.model_copy(update={"observed_when": None}) if t.kind == "binary" else t for t in found.tasks)
    return found.model_copy(update={"tasks": tasks})


@pytest.fixture(scope="module")
def rows(config: Config) -> Rows:
    return read_rows(config)


@pytest.fixture(scope="module")
def data(rows: Rows) -> Coded:
    return coded(rows)


def changed(rows: Rows, task: str, where: np.ndarray, to: float) -> Rows:
    """The same rows with other labels somewhere."""
    labels = {**rows.labels, task: np.where(where, to, rows.labels[task])}
    return Rows(rows.features, rows.columns, labels, rows.kinds, rows.day, rows.ends)


def test_the_windows_are_those_of_training(config: Config, rows: Rows) -> None:
    windows = find_windows(open_log(config.data, config.model_part()), config.data)
    sizes = [windows.train.num_rows, windows.validation.num_rows, windows.test.num_rows]
    assert np.diff([0, *rows.ends]).tolist() == sizes
    assert set(rows.day[rows.train]) == {0, 1, 2}
    assert set(rows.day[rows.validation]) == {3}
    assert set(rows.day[rows.test]) == {4}


def test_a_duration_is_learned_as_log_seconds_where_it_counts(rows: Rows) -> None:
    targets, tasks = rows.targets(), list(rows.labels)
    clicked = rows.labels["click"] == 1
    assert (np.isnan(targets[:, tasks.index("dwell")]) == ~clicked).all()
    seconds = np.expm1(targets[clicked, tasks.index("dwell")])
    assert np.allclose(seconds, rows.labels["dwell"][clicked])


def test_codes_of_ids_are_learned_from_the_training_rows_alone(rows: Rows, data: Coded) -> None:
    column, codes = rows.columns["item_id"], data.ids["item_id"]
    counts = np.bincount(column.codes[rows.train], minlength=len(column.values))  # type: ignore[union-attr]
    often = counts[column.codes] >= 2  # type: ignore[union-attr]
    assert (codes[often] > UNKNOWN).all()
    assert (codes[~often] == UNKNOWN).all()
    assert len(np.unique(codes[often])) == (counts >= 2).sum()
    assert codes.max() < data.sizes["item_id"]


def test_a_list_shares_the_codes_of_its_feature_and_is_padded_on_the_right(rows: Rows, data: Coded) -> None:
    column, lists = rows.columns["history"], data.lists["history"]
    items = rows.columns["item_id"]
    code_of = dict(zip(np.array(items.values)[items.codes], data.ids["item_id"], strict=True))  # type: ignore[union-attr]
    for row in (0, 7, len(rows) - 1):
        start, end = column.offsets[row : row + 2]  # type: ignore[union-attr]
        values = [column.values[code] for code in column.codes[start:end]][-lists.shape[1] :]  # type: ignore[union-attr]
        wanted = [code_of.get(value, UNKNOWN) for value in values]
        assert lists[row].tolist() == wanted + [MISSING] * (lists.shape[1] - len(wanted))


def test_numbers_become_buckets_that_ascend(data: Coded) -> None:
    price, bucket = data.numbers["price"], data.ids["price"]
    assert ((bucket == MISSING) == np.isnan(price)).all()
    order = np.argsort(price[~np.isnan(price)])
    assert (np.diff(bucket[~np.isnan(price)][order]) >= 0).all()
    assert len(np.unique(data.ids["price"])) > 10


def test_a_past_only_encoding_is_the_smoothed_mean_of_earlier_days() -> None:
    key, day = np.array([0, 0, 1, 0, 0]), np.array([0, 0, 0, 1, 2])
    label, train = np.array([1.0, 0.0, 1.0, 1.0, 0.0]), np.array([True, True, True, True, False])
    mean, count = past_only(key, label, train, day)
    assert np.isnan(mean[:3]).all()
    assert count.tolist() == [0, 0, 0, 2, 3]
    assert mean[3] == pytest.approx((1 + PRIOR_ROWS * 2 / 3) / (2 + PRIOR_ROWS))
    assert mean[4] == pytest.approx((2 + PRIOR_ROWS * 3 / 4) / (3 + PRIOR_ROWS))


@pytest.mark.parametrize("task", ["click", "dwell"])
def test_no_encoding_knows_a_label_of_its_own_day_or_later(rows: Rows, data: Coded, task: str) -> None:
    """Labels of day 2 and later are changed: every input of days 0 to 2 stays what it was."""
    other = changed(rows, task, rows.day >= 2, 1.0)
    before, after = (matrix(each, data, past_only, plain=False).values for each in (rows, other))
    early = rows.day <= 2
    assert np.array_equal(before[early], after[early], equal_nan=True)
    assert not np.array_equal(before[~early], after[~early], equal_nan=True)


@pytest.mark.parametrize("encoding", [past_only, leave_one_out])
def test_labels_of_validation_and_test_rows_are_in_no_input(rows: Rows, data: Coded, encoding: object) -> None:
    other = changed(rows, "click", ~rows.train, 1.0)
    before, after = (matrix(each, data, encoding, plain=True).values for each in (rows, other))  # type: ignore[arg-type]
    assert np.array_equal(before, after, equal_nan=True)


def test_leaving_one_out_leaves_the_row_out() -> None:
    key, label = np.array([0, 0, 0, 1]), np.array([1.0, 0.0, 1.0, 0.0])
    train, day = np.array([True, True, True, False]), np.zeros(4, dtype=np.int64)
    mean, count = leave_one_out(key, label, train, day)
    prior = PRIOR_ROWS * 2 / 3
    assert mean[:3] == pytest.approx(np.array([1 + prior, 2 + prior, 1 + prior]) / (2 + PRIOR_ROWS))
    assert mean[3] == pytest.approx(2 / 3)  # an id without a label has the mean of all
    assert count.tolist() == [2, 2, 2, 0]


def test_trees_get_the_encodings_of_their_task_or_of_all(rows: Rows, data: Coded) -> None:
    own, every = (matrix(rows, data, past_only, plain=each) for each in (True, False))
    for task in rows.labels:
        named = {own.names[column].split(" by ")[0] for column in own.by_task[task] if " by " in own.names[column]}
        assert named == {task}
        assert every.by_task[task] == list(range(len(every.names)))
    assert "item_id in history" in own.names
    assert set(id_keys(data, crossed=False)) == {"user_id", "item_id"}
    assert all(own.names[column] in data.ids for column in own.categorical)


def test_a_cross_is_one_id_for_each_pair() -> None:
    ids = {"user_id": np.array([70, 70, 3, 3]), "tab": np.array([1, 2, 1, 1])}
    data = Coded(ids, {}, {"user_id": 100, "tab": 3}, {}, {})
    found = id_keys(data, crossed=True)
    assert set(found) == {"user_id", "user_id x tab"}  # the tab has few values and is given as it is
    crossed = found["user_id x tab"]
    assert crossed[2] == crossed[3]
    assert len(set(crossed.tolist())) == 3


def test_what_a_peer_reads_is_what_was_prepared(rows: Rows, data: Coded, tmp_path: Path) -> None:
    prepared = matrix(rows, data, past_only, plain=False)
    write_arrays(tmp_path, rows, data, {"past_only": prepared})
    told = json.loads((tmp_path / DESCRIPTION).read_text())
    with np.load(tmp_path / ARRAYS, allow_pickle=False) as stored_arrays:
        ids = {each["name"]: stored_arrays["ids"][:, i] for i, each in enumerate(told["ids"])}
        assert all(np.array_equal(ids[name], codes) for name, codes in data.ids.items())
        assert np.array_equal(stored_arrays["list history"], data.lists["history"])
        assert np.array_equal(stored_arrays["matrix past_only"], prepared.values, equal_nan=True)
        assert all(ids[each["name"]].max() < each["size"] for each in told["ids"])
    assert told["ends"] == list(rows.ends)
    assert told["lists"][0]["shares"] == "item_id"


def test_a_peer_is_measured_on_the_test_rows_in_which_the_label_counts(rows: Rows) -> None:
    random = np.random.default_rng(0)
    asked = rows.ends[2] - rows.ends[0]
    probability, log_seconds = random.uniform(0.01, 0.99, asked), random.uniform(0, 4, asked)
    found = measured(rows, {"click": probability, "dwell": log_seconds})
    test = slice(rows.ends[1] - rows.ends[0], None)
    click, dwell = rows.labels["click"][rows.test], rows.labels["dwell"][rows.test]
    counts = ~np.isnan(dwell)
    ours = binary_metrics(click, probability[test])
    assert found["click"]["auc"] == ours["auc"]
    assert found["click"]["log_loss"] == pytest.approx(ours["log_loss"])
    assert found["dwell"]["xauc"] == pytest.approx(xauc(dwell[counts], log_seconds[test][counts]))
    error = np.square(log_seconds[test][counts] - np.log1p(dwell[counts])).mean()
    assert found["dwell"]["rmse_log1p"] == pytest.approx(np.sqrt(error))


def test_scaling_mends_a_level_that_is_off_and_keeps_the_order() -> None:
    random = np.random.default_rng(1)
    truth = random.uniform(0.05, 0.6, 4_000)
    label = (random.random(4_000) < truth).astype(np.float64)
    off = 2.0 * logit(truth) + 1.0
    scaled = platt_scaled(off[:2_000], label[:2_000], off[2_000:])
    assert np.abs(scaled - truth[2_000:]).mean() < 0.03 < np.abs(expit(off[2_000:]) - truth[2_000:]).mean()
    assert (np.argsort(scaled) == np.argsort(off[2_000:])).all()


def test_a_stored_training_counts_until_it_would_be_made_of_something_else(config: Config, tmp_path: Path) -> None:
    made_of = fingerprint_of_peers(config)
    result = Result("lightgbm", 3, made_of, {"click": {"auc": 0.7}}, 1.5, 1.0, {"lightgbm": "4"}, {"depth": 2}, [])
    store(tmp_path, result)
    assert stored(tmp_path, "lightgbm", 3, made_of) == result
    assert stored(tmp_path, "lightgbm", 4, made_of) is None
    fewer = config.model_copy(update={"features": config.features[1:]})
    assert stored(tmp_path, "lightgbm", 3, fingerprint_of_peers(fewer)) is None
    longer = config.model_copy(update={"training": config.training.model_copy(update={"max_epochs": 2})})
    assert fingerprint_of_peers(longer) == made_of  # no business of the peers
    assert fingerprint_of_ours(longer) != fingerprint_of_ours(config)
    assert fingerprint_of_ours(config.with_overrides(seed=5)) == fingerprint_of_ours(config)


def test_the_page_says_what_is_ahead_of_the_best_peer() -> None:
    def results(system: str, auc: float, loss: float) -> list[Result]:
        tasks = {"click": {"auc": auc, "log_loss": loss, "log_loss_platt": loss}}
        return [Result(system, seed, "x", tasks, 2.0, 1.0, {}, {}, ["a note"]) for seed in range(3)]

    found = {OURS: results(OURS, 0.75, 0.50), "fuxictr": results("fuxictr", 0.70, 0.49)}
    text = section({**found, "lightgbm": results("lightgbm", 0.74, 0.55)}, 100)
    assert "| click | +0.0100 | +0.0100 |" in text
    assert text.count("a note") == 1
    assert TITLES["torch_rechub"] not in text


def test_a_binary_label_that_counts_in_some_rows_only_is_refused(config: Config) -> None:
    tasks = tuple(
        t.model_copy(update={"observed_when": "click"}) if t.name == "conversion" else t for t in config.tasks
    )
    with pytest.raises(ValueError, match="'conversion' is observed in some only"):
        read_rows(config.model_copy(update={"tasks": tasks}))


def test_every_peer_has_a_module_and_its_library_a_version() -> None:
    pinned = re.findall(r"^([a-z-]+)==", (QUALITY / "requirements.txt").read_text(), re.M)
    assert {"lightgbm", "torch-rechub", "deepctr-torch", "fuxictr"} <= set(pinned)
    assert all((QUALITY / "peers" / f"{peer.module}.py").is_file() for peer in PEERS)


@pytest.mark.parametrize("file", sorted((QUALITY / "peers").glob("*.py")), ids=lambda file: file.name)
def test_the_peers_side_imports_nothing_of_the_project_but_its_own(file: Path) -> None:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            assert name.split(".")[0] not in {"models", "training", "service", "tests"}
            assert not name.startswith("benchmarks") or name.startswith("benchmarks.quality.peers")
