"""A first configuration guessed from a log: loadable as it is, without leaks, every guess explained."""

import tomllib
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import ConfigError, DataError
from models.features import MultiCategoricalFeature
from models.heads import DurationTask
from tests.training.small import FIRST_DAY, write, write_days
from tests.training.worlds import silent
from training.commands.init import init_command
from training.config import Config, load_config
from training.initial import profile as profiling
from training.initial.features import id_columns
from training.initial.guess import Guesses, guess
from training.initial.profile import profile
from training.initial.toml import render
from training.pipeline import prepare


def log() -> pd.DataFrame:
    random = np.random.default_rng(0)
    n = 2_000
    clicked = random.random(n) < 0.2
    users = random.integers(0, 40, n)
    items = random.integers(0, 25, n)
    return pd.DataFrame(
        {
            "time_ms": [int(FIRST_DAY.timestamp() * 1_000) + row * 130_000 for row in range(n)],
            "impression_id": np.arange(n),
            "user_id": users,
            "country": np.array(["ch", "de", None], dtype=object)[users % 3],
            "device": np.array(["ios", "web"], dtype=object)[random.integers(0, 2, n)],
            "item_id": items,
            "watch_history": [random.integers(0, 25, 4).tolist() for _ in range(n)],
            "tags": np.array(["a,b", "b", "c,a"], dtype=object)[items % 3],
            "price": random.lognormal(2, 1, n),
            "version": "3.1",
            "nothing": None,
            "clicked": clicked.astype(np.int64),
            "dwell_seconds": np.where(clicked, random.exponential(20, n).round(1), 0.0),
            "converted": (clicked & (random.random(n) < 0.3)).astype(np.int64),
            "scroll_depth": clicked + random.normal(0, 0.1, n),
            "true_click": random.random(n),
        }
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = log()
    days = write_days(tmp_path_factory.mktemp("log"), rows.assign(time=pd.to_datetime(rows.time_ms, unit="ms")))
    for path in days.rglob("*.parquet"):
        write(path, pd.read_parquet(path, partitioning=None).drop(columns="time"))
    return days


@pytest.fixture(scope="module")
def guesses(folder: Path) -> Guesses:
    return guess(profile(str(folder)), ["true_click"])


@pytest.fixture(scope="module")
def config(folder: Path, guesses: Guesses, tmp_path_factory: pytest.TempPathFactory) -> Config:
    path = tmp_path_factory.mktemp("toml") / "threefold.toml"
    path.write_text(render("first", str(folder), guesses, 5_000), encoding="utf-8")
    return load_config(path)


def test_the_file_is_loadable_as_it_is(folder: Path, config: Config) -> None:
    assert config.name == "first"
    assert config.data.path == str(folder)


def test_the_time_and_its_unit(config: Config) -> None:
    assert (config.data.timestamp, config.data.timestamp_unit) == ("time_ms", "ms")


def test_labels(config: Config) -> None:
    found = {task.label: task for task in config.tasks}
    assert {label: task.kind for label, task in found.items()} == {
        "clicked": "binary",
        "dwell_seconds": "duration",
        "converted": "binary",
    }
    assert found["converted"].observed_when == found["dwell_seconds"].observed_when == "clicked"
    assert [edge.task for edge in found["converted"].reads] == ["clicked"]
    assert all(edge.stop_gradient for task in config.tasks for edge in task.reads)
    assert config.tasks[0].label == "clicked"


def test_features_kinds_and_scopes(config: Config) -> None:
    found = {feature.name: (feature.kind, feature.scope) for feature in config.features}
    assert found == {
        "user_id": ("categorical", "context"),
        "country": ("categorical", "context"),
        "device": ("categorical", "context"),
        "item_id": ("categorical", "candidate"),
        "watch_history": ("multi_categorical", "context"),
        "tags": ("multi_categorical", "candidate"),
        "price": ("numeric", "candidate"),
    }
    by_name: dict[str, Any] = {feature.name: feature for feature in config.features}
    assert by_name["watch_history"].shares == "item_id"
    assert by_name["tags"].separator == ","


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        ("true_click", "the simulator's truth"),
        ("impression_id", "never comes again"),
        ("version", "the same value in every row"),
        ("nothing", "null in every row"),
        ("scroll_depth", "orders 'clicked' almost perfectly"),
        ("date", "never comes again"),
    ],
)
def test_what_is_left_out_and_why(folder: Path, guesses: Guesses, config: Config, column: str, reason: str) -> None:
    assert reason in guesses.left_out[column]
    assert column not in {feature.name for feature in config.features}
    assert f"# left out: {column} (" in render("first", str(folder), guesses, 5_000)


def test_every_guess_is_explained(folder: Path, guesses: Guesses) -> None:
    lines = render("first", str(folder), guesses, 5_000).splitlines()
    for number, line in enumerate(lines):
        if line in {"[[features]]", "[[tasks]]"}:
            assert lines[number - 1].startswith("# ")


def test_what_may_be_new_to_the_model_is_told_apart(config: Config) -> None:
    assert config.evaluation.unseen == ("user_id", "item_id")


def test_what_is_known_to_help_is_written(config: Config) -> None:
    assert [past.of for past in config.past_rates] == [("user_id",), ("item_id",)]
    lists = {f.name: f.with_length for f in config.features if isinstance(f, MultiCategoricalFeature)}
    assert lists == {"watch_history": True, "tags": False}
    dwell = next(task for task in config.tasks if isinstance(task, DurationTask))
    assert dwell.distribution.coverage == 0.9


def test_a_user_that_is_no_category_is_not_told_apart(tmp_path: Path) -> None:
    rows = log().assign(user=lambda rows: rows.user_id + 0.5).drop(columns="user_id")
    write(tmp_path / "log.parquet", rows)
    found = guess(profile(str(tmp_path))).features
    assert {feature.column.name: feature.kind for feature in found}["user"] == "numeric"
    assert id_columns(found) == ["item_id"]


def test_a_log_without_labels_or_time_says_what_to_fill_in(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", {"item_id": [1, 2, 2, 1] * 10, "price": [1.5, 2.5, 3.5, 1.0] * 10})
    text = render("first", str(tmp_path), guess(profile(str(tmp_path))), 5_000)
    assert "FILL_IN" in tomllib.loads(text)["data"]["timestamp"]
    assert tomllib.loads(text)["tasks"][0]["label"] == "FILL_IN"


def test_a_log_without_rows_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", {"x": pa.array([], pa.int64())})
    with pytest.raises(DataError, match="a log has rows; found none"):
        profile(str(tmp_path))


def small(folder: Path, **columns: Any) -> Path:
    """A log of three days with a timestamp, a label, a feature, and the columns."""
    n = next((len(column) for column in columns.values()), 300)
    random = np.random.default_rng(0)
    base = {
        "time": pa.array([FIRST_DAY + timedelta(days=3) * row / n for row in range(n)]),
        "clicked": random.random(n) < 0.4,
        "device": random.choice(["ios", "web"], n),
    }
    write(folder / "a.parquet", pa.table({**base, **columns}))
    return folder


def guessed(folder: Path) -> Guesses:
    return guess(profile(str(folder)))


def prepared(folder: Path) -> Config:
    """What `threefold init` writes, after the log was opened and fitted with it."""
    output = folder.with_suffix(".toml")
    init_command(str(folder), output, overwrite=True)
    config = load_config(output)
    prepare(config, silent())
    return config


ROWS = np.arange(300)
LISTS = [[row % 7, row % 5] for row in range(300)]


@pytest.mark.parametrize(
    "column",
    [
        pa.array(ROWS % 9, pa.int32()).cast(pa.date32()),
        pa.array(ROWS % 9 * 86_400_000).cast(pa.date64()),
        pa.array(ROWS % 9).cast(pa.time64("us")),
        pa.array(ROWS % 9).cast(pa.duration("ms")),
        pa.array([b"a", b"b", b"c"] * 100),
        pa.array([{"x": 1}, {"x": 2}, None] * 100),
        pa.array([[[1]], [[2], [3]], []] * 100),
        pa.array([[0.5], [1.5, 2.0], None] * 100),
        pa.array([[1, 2]] * 300, pa.list_(pa.int64(), 2)),
        pa.array([[("a", 1)]] * 300, pa.map_(pa.string(), pa.int64())),
    ],
    ids=lambda column: str(column.type),
)
@pytest.mark.parametrize("name", ["x", "liked", "dwell", "day_at"])
def test_a_type_that_no_feature_takes_is_left_out(tmp_path: Path, column: pa.Array, name: str) -> None:
    folder = small(tmp_path / "log", **{name: column})
    assert "which no kind of feature takes" in guessed(folder).left_out[name]
    assert [feature.name for feature in prepared(folder).features] == ["device"]


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        (pa.array(["a", "b", "c,d"] * 100).dictionary_encode(), "categorical"),
        (pa.array([1, 2, 3] * 100).dictionary_encode(), "categorical"),
        (pa.array(["a", "b", None] * 100, pa.large_string()), "categorical"),
        (pa.array(ROWS % 3, pa.uint64()), "categorical"),
        (pa.array((ROWS % 90).astype(np.float16)), "numeric"),
        (pa.array(ROWS % 90).cast(pa.decimal128(22, 2)), "numeric"),
        (pa.array([["a"], ["b", None], None] * 100, pa.large_list(pa.string())), "multi_categorical"),
    ],
    ids=lambda value: str(getattr(value, "type", value)),
)
def test_the_kind_of_a_rarer_type(tmp_path: Path, column: pa.Array, kind: str) -> None:
    assert {feature.name: feature.kind for feature in prepared(small(tmp_path / "log", x=column)).features}["x"] == kind


def test_numbers_that_training_refuses_are_left_out(tmp_path: Path) -> None:
    price = np.where(ROWS == 7, np.inf, ROWS / 2)
    folder = small(tmp_path / "log", price=price, dwell=price, debt=np.where(ROWS == 7, -1e308, ROWS / 2))
    left_out = guessed(folder).left_out
    assert "reaches inf, which training refuses" in left_out["price"]
    assert "reaches inf" in left_out["dwell"]
    assert "reaches 1e+308" in left_out["debt"]
    assert [task.label for task in prepared(folder).tasks] == ["clicked"]


def test_text_that_is_not_utf8_is_left_out(tmp_path: Path) -> None:
    raw = pa.array([b"\xff", b"a", b"b"] * 100)
    folder = small(tmp_path / "log", title=pa.Array.from_buffers(pa.string(), 300, raw.buffers()))
    assert guessed(folder).left_out["title"] == "holds text that is not UTF-8"
    prepared(folder)


def test_columns_that_files_do_not_share_are_left_out(tmp_path: Path) -> None:
    folder = small(tmp_path / "log", code=ROWS % 3, once=ROWS % 3)
    rows = pq.read_table(folder / "a.parquet").drop_columns("once")
    write(folder / "b.parquet", rows.set_column(3, "code", pa.array(["a", "b", "c"] * 100)))
    left_out = guessed(folder).left_out
    assert left_out["code"] == "of different types in different files"
    assert left_out["once"].endswith("b.parquet lacks it")
    prepared(folder)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    lines = "item_id\n" + "1000000000\n" * 150_000 + "one\n"  # the types of a CSV come from its first megabyte
    (tmp_path / "a.csv").write_text(lines)
    with pytest.raises(DataError, match=r"a.csv cannot: .*'one'"):
        profile(str(tmp_path))


def test_the_sample_is_spread_over_the_files_and_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        write(tmp_path / f"{number}.parquet", {"file": pa.array([number] * 50_000)})
    monkeypatch.setattr(profiling, "SAMPLE_ROWS", 100)
    assert np.bincount(profile(str(tmp_path))[0].numbers.astype(int)).tolist() == [25] * 4
    monkeypatch.setattr(profiling, "SAMPLE_ROWS", 200_000)
    monkeypatch.setattr(profiling, "SAMPLE_BYTES", 4 * 8 * 20_000)
    assert np.bincount(profile(str(tmp_path))[0].numbers.astype(int)).tolist() == [32_768] * 4


def test_the_unit_of_a_duration_comes_from_rows_above_zero(tmp_path: Path) -> None:
    dwell = np.where(ROWS % 3, 0, 4_000 + ROWS)
    config = prepared(small(tmp_path / "log", dwell=dwell))
    assert {task.label: getattr(task, "unit", None) for task in config.tasks} == {"clicked": None, "dwell": "ms"}


def test_money_that_comes_in_now_and_then_is_a_value_and_a_price_is_none(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    revenue = np.where(random.random(300) < 0.2, random.lognormal(2, 1, 300), 0.0)
    config = prepared(small(tmp_path / "log", revenue=revenue, order_value=random.lognormal(2, 1, 300)))
    assert {task.label: task.kind for task in config.tasks} == {"clicked": "binary", "revenue": "value"}
    assert "order_value" in {feature.name for feature in config.features}


def test_task_names_are_valid_and_unique(tmp_path: Path) -> None:
    columns = ["is_clicked", "Clicked", "click\u00e9", "\u70b9\u51fb_like", "7_click", "click" * 25, "is_forward"]
    random = np.random.default_rng(1)
    durations = {name: random.exponential(9, 300) for name in ("dwell", "dwell_median", "stay", "is_stay")}
    flags = {name: random.random(300) < 0.5 for name in columns}
    config = prepared(small(tmp_path / "log", **flags, **durations))
    names = {task.label: task.name for task in config.tasks}
    assert names.keys() == {"clicked", *columns, *durations}
    assert {names[column] for column in ("clicked", "is_clicked", "Clicked")} == {"clicked", "is_clicked", "clicked_2"}
    assert names["click\u00e9"] == "clicke"
    assert names["7_click"] == "task_7_click"
    assert names["is_forward"] == "forward"


@pytest.mark.parametrize("name", ['a"b\\', "a\nb", "a\x00\x7f\t\r", "a.b", "\u2028", "# x", "n" * 128])
def test_any_name_of_a_column_is_legal_toml(tmp_path: Path, name: str) -> None:
    flags = np.random.default_rng(1).random(300) < 0.5
    folder = small(tmp_path / "log", **{name: ROWS % 3, f"click{name}"[:128]: flags, f"{name}x"[-128:]: [b"x"] * 300})
    config = prepared(folder)
    assert name in {feature.name for feature in config.features}
    assert f"click{name}"[:128] in {task.label for task in config.tasks}


@pytest.mark.parametrize("name", ["", "n" * 129])
def test_a_name_that_no_configuration_takes_is_left_out(tmp_path: Path, name: str) -> None:
    folder = small(tmp_path / "log", **{name: ROWS % 3})
    assert f"its name has {len(name)} characters" in guessed(folder).left_out[name]
    prepared(folder)


def test_a_log_without_a_feature_says_how_one_looks(tmp_path: Path) -> None:
    write(tmp_path / "log" / "a.parquet", {"clicked": [0, 1] * 10, "version": ["3.1"] * 20})
    output = tmp_path / "first.toml"
    init_command(str(tmp_path / "log"), output)
    assert "features" not in tomllib.loads(output.read_text())
    assert "# [[features]]" in output.read_text()
    with pytest.raises(ConfigError, match="features: this setting is needed"):
        load_config(output)


def test_a_click_that_is_a_duration_or_a_copy_gates_nothing(tmp_path: Path) -> None:
    flags = np.random.default_rng(0).random(300) < 0.4  # as `clicked`
    config = prepared(small(tmp_path / "log", is_clicked=flags, click_stay=ROWS / 7))
    assert [task.observed_when for task in config.tasks] == [None, None, None]
    write(tmp_path / "other" / "a.parquet", {"click_stay": ROWS / 7, "liked": flags, "device": ["ios", "web"] * 150})
    text = render("first", str(tmp_path), guessed(tmp_path / "other"), 5_000)
    assert not [task for task in tomllib.loads(text)["tasks"] if "reads" in task]


def test_a_list_shares_only_with_a_categorical_feature(tmp_path: Path) -> None:
    folder = small(tmp_path / "log", leaky_id=(ROWS % 7).astype(float), item_id=ROWS % 8, history=LISTS)
    by_name: dict[str, Any] = {feature.name: feature for feature in prepared(folder).features}
    assert by_name["leaky_id"].kind == "numeric"
    assert by_name["history"].shares == "item_id"


def test_a_time_with_nulls_is_not_the_timestamp(tmp_path: Path) -> None:
    times = [None if row % 2 else FIRST_DAY + timedelta(minutes=row) for row in range(300)]
    folder = tmp_path / "log"
    write(folder / "a.parquet", {"click_time": pa.array(times)})
    assert guessed(folder).timestamp is None
    assert "a time, null in 50%" in guessed(folder).left_out["click_time"]


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        ("scroll_pixels", "orders rows as 'dwell_seconds' does (rank correlation 1.00)"),
        ("skipped_share", "(rank correlation -1.00)"),
        ("action", "orders 'clicked' almost perfectly"),
        ("landing_page", "where it is null tells 'clicked' almost perfectly"),
        ("pages", "where it is null tells 'clicked' almost perfectly"),
        ("bought", "no plain number"),
    ],
)
def test_a_consequence_of_a_label_is_no_feature(tmp_path: Path, column: str, reason: str) -> None:
    random = np.random.default_rng(0)
    clicked = random.random(300) < 0.4  # as `clicked`
    dwell = np.where(random.random(300) < 0.3, 0, random.exponential(20, 300))
    folder = small(
        tmp_path / "log",
        dwell_seconds=dwell,
        scroll_pixels=dwell * 31 + 4,
        skipped_share=-(dwell**2),
        action=np.where(clicked, "open", np.where(dwell > 10, "none", "scroll")),
        landing_page=[str(row % 11) if click else None for row, click in enumerate(clicked)],
        pages=[[row % 11] if click else [] for row, click in enumerate(clicked)],
        bought=["yes", "no", "no"] * 100,
    )
    assert reason in guessed(folder).left_out[column]
    assert [feature.name for feature in prepared(folder).features] == ["device"]


NAMES = st.one_of(
    st.sampled_from(["is_click", "Click", "view\u00e9", "dwell", "stay_ms", "user_id", "item_id", "ts", "day", "x.y"]),
    st.text(max_size=6),
    st.text(max_size=4).map("like".__add__),
)
TYPES: list[Any] = [pa.bool_(), pa.int8(), pa.uint64(), pa.float32(), pa.string(), pa.large_string(), pa.binary()]
TYPES += [pa.null(), pa.date32(), pa.time64("us"), pa.duration("s"), pa.timestamp("s"), pa.timestamp("ns", "UTC")]
TYPES += [pa.float16(), pa.decimal128(22, 2), pa.dictionary(pa.int8(), pa.string()), pa.struct({"a": pa.int64()})]


def drawn(draw: st.DrawFn, found: pa.DataType, distinct: int, with_null: bool) -> pa.Array:
    """A column of the type, its values spread alike over the days."""
    random = np.random.default_rng(draw(st.integers(0, 99)))
    codes = pa.array(random.integers(0, distinct, 300), mask=(random.random(300) < 0.2) & with_null)
    if pa.types.is_null(found):
        return pa.nulls(300)
    if pa.types.is_struct(found):
        return pa.StructArray.from_arrays([codes], ["a"])
    if pa.types.is_timestamp(found):
        return pa.array([FIRST_DAY + timedelta(hours=row / 4.2) for row in range(300)], found)
    if pa.types.is_dictionary(found):
        return codes.cast(pa.string()).dictionary_encode()
    if pa.types.is_boolean(found):
        return pc.equal(codes, 0)
    if pa.types.is_binary(found):
        return codes.cast(pa.string()).cast(found)
    if pa.types.is_temporal(found):
        return codes.cast(pa.int32() if found.bit_width == 32 else pa.int64()).cast(found)
    return codes.cast(pa.float64()).cast(found) if pa.types.is_float16(found) else codes.cast(found, safe=False)


@st.composite
def logs(draw: st.DrawFn) -> dict[str, pa.Array]:
    columns = {}
    for name in draw(st.lists(NAMES, min_size=1, max_size=6, unique=True)):
        found = draw(st.sampled_from(TYPES))
        column = drawn(draw, found, draw(st.sampled_from([1, 2, 3, 60])), draw(st.booleans()))
        as_list = draw(st.integers(0, 4)) == 0
        columns[name] = pa.ListArray.from_arrays(pa.array(range(301), pa.int32()), column) if as_list else column
    return columns


@given(columns=logs(), whole=st.booleans())
def test_any_log_gives_a_file_that_parses_and_trains_if_it_can(columns: dict[str, pa.Array], whole: bool) -> None:
    with TemporaryDirectory() as held:
        folder = Path(held) / "log"
        small(folder, **columns) if whole else write(folder / "a.parquet", pa.table(columns))
        output = Path(held) / "first.toml"
        init_command(str(folder), output)
        settings = tomllib.loads(output.read_text(encoding="utf-8"))
        complete = "features" in settings and '"FILL_IN"' not in output.read_text(encoding="utf-8")
        assert complete or not whole
        if complete:
            prepare(load_config(output), silent())


@pytest.mark.parametrize(("num_rows", "batch_size"), [(200, 128), (40_000, 128), (300_000, 1024), (5_000_000, None)])
def test_a_small_log_gets_small_batches(folder: Path, num_rows: int, batch_size: int | None) -> None:
    raw = tomllib.loads(render("first", str(folder), guess(profile(str(folder))), num_rows))
    assert raw.get("training", {}).get("batch_size") == batch_size
