"""The configuration file: every broken rule is named by its path, and what is right is loaded."""

from pathlib import Path
from typing import Any

import pytest

from models.errors import ConfigError
from training.config import Config, load_config

WHOLE = """
name = "small"

[data]
path = "logs/"
timestamp = "time"
split = { validation = "1d", test = "6h" }

[[features]]
name = "user"
kind = "categorical"
scope = "context"

[[features]]
name = "history"
kind = "multi_categorical"
scope = "context"
shares = "user"

[[tasks]]
name = "click"
kind = "binary"
label = "clicked"

[[tasks]]
name = "dwell"
kind = "duration"
label = "spent"
unit = "ms"
observed_when = "click"
reads = ["click"]

[model.trunk]
kind = "mmoe"
num_experts = 3

[training.weighting]
kind = "fixed"

[training.optimizers."heads.*"]
kind = "adamw"
learning_rate = 0.001

[evaluation]
group_by = "user"
"""


def loaded(tmp_path: Path, text: str) -> Config:
    (tmp_path / "threefold.toml").write_text(text, encoding="utf-8")
    return load_config(tmp_path / "threefold.toml")


def refused(tmp_path: Path, *changes: tuple[str, str]) -> str:
    text = WHOLE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, text)
    assert "threefold.toml" in str(caught.value)
    return str(caught.value)


class TestLoaded:
    def test_every_section_arrives(self, tmp_path: Path) -> None:
        config = loaded(tmp_path, WHOLE)
        assert [f.name for f in config.features] == ["user", "history"]
        assert config.tasks[1].reads[0].task == "click"
        assert config.model.trunk.model_dump()["num_experts"] == 3
        assert config.training.weighting.kind == "fixed"
        assert config.training.optimizers["heads.*"].learning_rate == 0.001
        assert config.evaluation.group_by == "user"
        assert config.model_part().features == config.features

    def test_it_survives_its_own_record(self, tmp_path: Path) -> None:
        config = loaded(tmp_path, WHOLE)
        assert Config.model_validate(config.model_dump(mode="json")) == config

    def test_overrides(self, tmp_path: Path) -> None:
        config = loaded(tmp_path, WHOLE)
        other = config.with_overrides(data="elsewhere", seed=7)
        assert (other.data.path, other.training.seed) == ("elsewhere", 7)
        assert other.features == config.features
        assert config.with_overrides() == config
        for seed in (-1, 2**32):
            with pytest.raises(ConfigError, match=f"found {seed}"):
                config.with_overrides(seed=seed)


class TestRefused:
    @pytest.mark.parametrize(
        ("old", "new", "where", "what"),
        [
            ('name = "small"', 'name = "small"\nnmae = 1', "nmae", "no such setting"),
            ("timestamp =", "timestmap =", "data.timestmap", "no such setting"),
            ("timestamp =", "timestmap =", "data.timestamp", "needed: add it"),
            ("num_experts", "experts", "model.trunk.mmoe.experts", "no such setting"),
            ('unit = "ms"', 'unit = "h"', "tasks.1.duration.unit", "'ms', 's' or 'min'; found 'h'"),
            ('shares = "user"', "max_length = 0", "features.1.multi_categorical.max_length", "equal to 1; found 0"),
            (
                'kind = "mmoe"',
                'kind = "star"',
                "model.trunk",
                "'star' found using 'kind' does not match any",
            ),
            ('kind = "mmoe"', 'kind = "star"', "model.trunk", "'shared_bottom', 'mmoe'"),
            ('kind = "mmoe"', 'type = "mmoe"', "model.trunk", "'kind'"),
            ('kind = "fixed"', 'kind = "pcgrad"', "training.weighting", "'fixed', 'uncertainty'"),
            ('kind = "adamw"', 'kind = "sgd"', "training.optimizers.heads.*", "'adamw'"),
            ("learning_rate = 0.001", "learning_rate = -1", "learning_rate", "found -1"),
            ("learning_rate = 0.001", "learning_rate = nan", "learning_rate", "finite"),
            ('"6h"', '"6 hours"', "data.split.test", "found '6 hours'"),
            ('test = "6h"', 'test_from = "2026-01-01"', "data.split", "found a mixture or half of one"),
            ('name = "click"', 'name = "Click"', "tasks.0.binary.name", "found 'Click'"),
            ('name = "small"', 'name = "a b"', "name", "found 'a b'"),
            ('name = "small"', "name = 7", "name", "valid string; found 7"),
            ("[evaluation]", "[training]\nseed = -1\n[evaluation]", "training.seed", "found -1"),
        ],
    )
    def test_a_setting_is_named_by_its_path(self, tmp_path: Path, old: str, new: str, where: str, what: str) -> None:
        message = refused(tmp_path, (old, new))
        line = next((line for line in message.splitlines() if f"{where}" in line and what in line), None)
        assert line is not None, message

    @pytest.mark.parametrize(
        ("old", "new", "what"),
        [
            ('reads = ["click"]', 'reads = ["cilck"]', "task 'dwell' reads 'cilck', which is none of: click, dwell"),
            ('reads = ["click"]', 'reads = ["dwell"]', "`reads` has no cycle; found dwell -> dwell"),
            ('observed_when = "click"', 'observed_when = "x"', "`observed_when` names a binary task"),
            ('label = "clicked"', 'label = "user"', "a label is never a feature; found user"),
            ('shares = "user"', 'shares = "item"', "`shares` names a categorical feature"),
            ('name = "history"', 'name = "user"', "feature names are unique"),
        ],
    )
    def test_rules_between_settings(self, tmp_path: Path, old: str, new: str, what: str) -> None:
        assert what in refused(tmp_path, (old, new))

    def test_every_broken_rule_is_named_at_once(self, tmp_path: Path) -> None:
        message = refused(tmp_path, ("timestamp =", "timestmap ="), ('unit = "ms"', 'unit = "h"'), ('"6h"', '"6x"'))
        assert "breaks 4 rule(s)" in message
        assert all(where in message for where in ("timestmap", "timestamp", "unit", "split.test"))

    @pytest.mark.parametrize(("old", "new"), [("[data]", "[data"), ("name =", "name"), ('"ms"', '"ms')])
    def test_no_toml_names_the_line(self, tmp_path: Path, old: str, new: str) -> None:
        assert "line" in refused(tmp_path, (old, new))

    @pytest.mark.parametrize("text", ["", "x = 1", "features = 7", 'data = "logs"'])
    def test_hardly_anything(self, tmp_path: Path, text: str) -> None:
        with pytest.raises(ConfigError, match="rule"):
            loaded(tmp_path, text)

    def test_a_missing_file_and_a_folder(self, tmp_path: Path) -> None:
        for path in (tmp_path / "none.toml", tmp_path):
            with pytest.raises(ConfigError, match=rf"readable TOML file; {path}: .*Correct the path"):
                load_config(path)

    def test_a_file_that_is_not_utf8(self, tmp_path: Path) -> None:
        (tmp_path / "a.toml").write_bytes('name = "ü"'.encode("latin-1"))
        with pytest.raises(ConfigError, match=r"a\.toml"):
            load_config(tmp_path / "a.toml")


def test_settings_are_frozen_and_hold_no_default_twice(tmp_path: Path) -> None:
    config = loaded(tmp_path, WHOLE)
    parts: list[Any] = [config, config.data, config.data.split, config.training, config.evaluation, config.model]
    for part in parts:
        with pytest.raises(ValueError, match="frozen"):
            setattr(part, next(iter(type(part).model_fields)), None)
