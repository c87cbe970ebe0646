"""A checkpoint: what goes in comes out bit for bit, and nothing torn, altered or strange is ever loaded."""

import json
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from models.checkpoint import WEIGHTS, find_version, load_checkpoint, new_version, read_manifest, save_checkpoint
from models.errors import CheckpointError
from models.manifest import MANIFEST
from models.manifest_file import digest
from models.predictor import Predictor
from tests.models.tiny import TRUNKS, from_rows, predictor, rows, statistics

FILES = [MANIFEST, WEIGHTS, "encoder/vocabularies.json", "encoder/numerics.json", "metrics.json"]


def save(folder: Path, made: Predictor) -> Path:
    return save_checkpoint(
        folder,
        made,
        name="tiny",
        statistics=statistics(),
        metrics={"click": {"auc": 0.7, "gauc": None}},
        training={"rows": {"train": 9}},
        attachments={"metrics.json": "{}"},
    )


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    return save(tmp_path_factory.mktemp("versions"), predictor())


@pytest.fixture
def version(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / original.name))


def seal(version: Path, file: str) -> None:
    """Give the manifest the digest of an altered file, as a forger would."""
    manifest = json.loads((version / MANIFEST).read_text())
    manifest["files"][file] = sha256((version / file).read_bytes()).hexdigest()
    forge(version, manifest)


def forge(version: Path, manifest: dict[str, Any]) -> None:
    """Write another manifest with the digest that fits it."""
    raw = {name: value for name, value in manifest.items() if name != "digest"}
    (version / MANIFEST).write_text(json.dumps({**raw, "digest": digest(raw)}))


class TestRoundTrip:
    @pytest.mark.parametrize("trunk", TRUNKS.values(), ids=TRUNKS)
    def test_predictions_are_bit_identical(self, tmp_path: Path, trunk: dict[str, Any]) -> None:
        made = predictor(trunk)
        loaded, _ = load_checkpoint(save(tmp_path, made))
        columns = from_rows(made.config, rows(50))
        for field, values in made.predict(columns, 50).items():
            assert loaded.predict(columns, 50)[field].tobytes() == values.tobytes()

    def test_the_manifest_says_what_was_stored(self, original: Path) -> None:
        loaded, manifest = load_checkpoint(original)
        assert manifest.version == original.name
        assert manifest.model == predictor().config
        assert manifest.statistics == statistics()
        assert manifest.calibrations == loaded.calibrations
        assert manifest.metrics == {"click": {"auc": 0.7, "gauc": None}}
        assert set(manifest.files) == set(FILES) - {MANIFEST}
        assert manifest.schema_fingerprint == predictor().config.schema_fingerprint

    def test_a_long_vocabulary_in_any_script_comes_back(self, tmp_path: Path) -> None:
        made = predictor()
        made.encoder.fitted.vocabularies["tags"].values[:] = ["🇨🇭", "\n", '"']  # type: ignore[union-attr]
        loaded, _ = load_checkpoint(save(tmp_path, made))
        assert loaded.encoder.fitted.vocabularies["tags"].values == ["🇨🇭", "\n", '"']  # type: ignore[union-attr]

    def test_versions_sort_by_the_moment_they_were_made(self) -> None:
        start, network = datetime(2026, 1, 1, 23, 59, 59, tzinfo=UTC), predictor().network
        moments = [start + timedelta(milliseconds=step) for step in (0, 1, 20, 300, 999, 1000, 100_000)]
        names = [new_version(network, at) for at in moments]
        assert names == sorted(names)
        assert names[1].startswith("20260101T235959.001Z-")

    def test_versions_of_a_millisecond_are_told_apart_by_weights_and_moment(self) -> None:
        one, other = predictor().network, predictor().network
        first, later = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, microsecond=1, tzinfo=UTC)
        names = [new_version(network, at) for network in (one, other) for at in (first, later)]
        assert len(set(names)) == 4
        assert {name[:20] for name in names} == {"20260101T000000.000Z"}


class TestRefused:
    @pytest.mark.parametrize("file", FILES)
    def test_a_missing_file(self, version: Path, file: str) -> None:
        (version / file).unlink()
        with pytest.raises(CheckpointError, match=file):
            load_checkpoint(version)

    @pytest.mark.parametrize("file", FILES)
    @pytest.mark.parametrize("kept", [0.0, 0.5, 0.99])
    def test_a_truncated_file(self, version: Path, file: str, kept: float) -> None:
        whole = (version / file).read_bytes()
        (version / file).write_bytes(whole[: int(len(whole) * kept)])
        with pytest.raises(CheckpointError, match=file):
            load_checkpoint(version)

    @pytest.mark.parametrize("file", FILES[1:])
    @pytest.mark.parametrize("place", [0.0, 0.5, 0.999])
    def test_one_flipped_bit(self, version: Path, file: str, place: float) -> None:
        data = bytearray((version / file).read_bytes())
        data[int(len(data) * place)] ^= 1
        (version / file).write_bytes(data)
        with pytest.raises(CheckpointError, match=rf"{file} must have the SHA-256 .* altered or torn"):
            load_checkpoint(version)

    @pytest.mark.parametrize("format_version", [0, 2, "1", None, {}])
    def test_an_unknown_format(self, version: Path, format_version: Any) -> None:
        manifest = json.loads((version / MANIFEST).read_text())
        (version / MANIFEST).write_text(json.dumps(manifest | {"format_version": format_version}))
        with pytest.raises(CheckpointError, match=r"reads checkpoints of format 1; .* is of format "):
            load_checkpoint(version)

    @pytest.mark.parametrize("text", ["", "[]", "7", "null", "{}", "{", '"x"', "\x00"])
    def test_a_manifest_that_is_none(self, version: Path, text: str) -> None:
        (version / MANIFEST).write_text(text)
        with pytest.raises(CheckpointError):
            load_checkpoint(version)

    def test_a_manifest_without_any_of_its_parts(self, version: Path) -> None:
        whole = json.loads((version / MANIFEST).read_text())
        for path in places(whole):
            forge(version, without(whole, path))
            try:
                loaded, _ = load_checkpoint(version)
            except CheckpointError:
                continue
            loaded.predict(from_rows(loaded.config, rows(3)), 3)  # what loads also works

    def test_a_manifest_with_a_wrong_type_in_any_place(self, version: Path) -> None:
        whole = json.loads((version / MANIFEST).read_text())
        for path in places(whole):
            for wrong in (None, {}, -1):
                forge(version, replaced(whole, path, wrong))
                with suppress(CheckpointError):
                    read_manifest(version)

    def test_a_manifest_that_is_whole_but_altered(self, version: Path) -> None:
        whole = json.loads((version / MANIFEST).read_text())
        whole["calibrations"]["click"] = {"kind": "platt", "slope": 2.0, "intercept": 0.0}
        (version / MANIFEST).write_text(json.dumps(whole))
        with pytest.raises(CheckpointError, match="altered"):
            load_checkpoint(version)

    @pytest.mark.parametrize("value", [float("nan"), float("inf")])
    def test_weights_that_are_not_finite(self, version: Path, value: float) -> None:
        weights = load_file(version / WEIGHTS)
        name = sorted(weights)[3]
        weights[name].view(-1)[0] = value
        save_file(weights, version / WEIGHTS)
        seal(version, WEIGHTS)
        with pytest.raises(CheckpointError, match=rf"finite; found NaN or infinity in {name}"):
            load_checkpoint(version)

    @pytest.mark.parametrize("change", ["missing", "extra", "shape"])
    def test_weights_that_do_not_fit(self, version: Path, change: str) -> None:
        weights = load_file(version / WEIGHTS)
        name = next(name for name in weights if weights[name].ndim == 2)
        if change == "missing":
            del weights[name]
        elif change == "extra":
            weights["other"] = torch.zeros(2)
        else:
            weights[name] = weights[name][:-1].clone()
        save_file(weights, version / WEIGHTS)
        seal(version, WEIGHTS)
        with pytest.raises(CheckpointError, match=f"{WEIGHTS} must fit the network"):
            load_checkpoint(version)

    @pytest.mark.parametrize("feature", ["age", "price"])
    def test_a_numeric_feature_without_statistics(self, version: Path, feature: str) -> None:
        statistics = json.loads((version / FILES[3]).read_text())
        del statistics[feature]
        (version / FILES[3]).write_text(json.dumps(statistics))
        seal(version, FILES[3])
        with pytest.raises(CheckpointError, match=f"encoder.*{feature}"):
            load_checkpoint(version)

    @pytest.mark.parametrize("text", ["{}", "[]", '{"item": 7}', "not json"])
    @pytest.mark.parametrize("file", FILES[2:4])
    def test_an_encoder_that_does_not_fit(self, version: Path, file: str, text: str) -> None:
        (version / file).write_text(text)
        seal(version, file)
        with pytest.raises(CheckpointError, match="encoder"):
            load_checkpoint(version)

    def test_weights_in_another_format(self, version: Path) -> None:
        torch.save({"w": torch.zeros(2)}, version / WEIGHTS)  # a pickle, which must not be opened
        seal(version, WEIGHTS)
        with pytest.raises(CheckpointError, match=WEIGHTS):
            load_checkpoint(version)


class TestFinding:
    def test_the_newest_version_is_found(self, original: Path, tmp_path: Path) -> None:
        for name in ("20260101T000000Z-b", "20260102T000000Z-a", "20251231T235959Z-c"):
            shutil.copytree(original, tmp_path / name)
        assert find_version(tmp_path) == tmp_path / "20260102T000000Z-a"
        assert find_version(tmp_path / "20251231T235959Z-c").name == "20251231T235959Z-c"

    def test_leftovers_of_a_killed_writer_are_ignored(self, version: Path) -> None:
        shutil.copytree(version, version.parent / ".20990101T000000Z-x.1234.partial")
        assert find_version(version.parent) == version

    @pytest.mark.parametrize("create", [True, False])
    def test_nothing_there_says_how_to_get_one(self, tmp_path: Path, create: bool) -> None:
        folder = tmp_path / "runs"
        if create:
            (folder / ".half.partial").mkdir(parents=True)
        with pytest.raises(CheckpointError, match="threefold train"):
            find_version(folder)

    def test_a_file_is_no_checkpoint(self, tmp_path: Path) -> None:
        (tmp_path / "x").touch()
        with pytest.raises(CheckpointError):
            find_version(tmp_path / "x")


def test_nothing_is_visible_if_the_writer_fails_midway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("models.checkpoint.save_encoder", fail)
    with pytest.raises(OSError, match="no space"):
        save(tmp_path, predictor())
    assert list(tmp_path.iterdir()) == []


def test_no_source_reads_or_writes_pickles() -> None:
    root = Path(__file__).parents[2]
    banned = ("import pickle", "from pickle", "torch.load(", "torch.save(", "joblib", "allow_pickle=True", "eval(")
    for path in [p for package in ("models", "training", "service") for p in (root / package).rglob("*.py")]:
        text = path.read_text(encoding="utf-8").replace(".eval(", "")
        assert not [word for word in banned if word in text], path


def places(tree: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every path into a JSON document but those below the record of the training."""
    inside = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, child in inside:
        if key not in {"training", "metrics", "libraries"}:
            yield (*path, key)
            yield from places(child, (*path, key))


def without(tree: Any, path: tuple[str | int, ...]) -> Any:
    changed = json.loads(json.dumps(tree))
    *above, last = path
    inner = changed
    for key in above:
        inner = inner[key]
    del inner[last]
    return changed


def replaced(tree: Any, path: tuple[str | int, ...], value: Any) -> Any:
    changed = json.loads(json.dumps(tree))
    *above, last = path
    inner = changed
    for key in above:
        inner = inner[key]
    inner[last] = value
    return changed
