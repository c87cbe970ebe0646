"""Puts values at the paths of settings: `model.trunk.num_experts`, `features.history.pooling`.

A path names tables by their keys and the entries of a list by their `name`. A key that holds a dot is quoted, as in
TOML: `training.optimizers."heads.click".learning_rate`.
"""

import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from models.errors import ConfigError
from training.config import Config, validated
from training.optimizers.groups import claimed

Settings = dict[str, Any]

_PATH = re.compile(r'(?:[^."]+|"[^"]+")(?:\.(?:[^."]+|"[^"]+"))*')
_PART = re.compile(r'[^."]+|"[^"]+"')
_TASK_SETTINGS = ("reads", "tower")
"""Other settings of a task change what is predicted, and with it what a score means."""
_FIXED = ("name", "data", "evaluation", "tuning")
_FIXED_TRAINING = ("seed", "validation_rows", "validations_per_epoch", "num_threads")


def parts_of(path: str) -> tuple[str, ...]:
    """The keys of a path.

    Raises:
        ConfigError: it is no path.
    """
    if _PATH.fullmatch(path) is None:
        raise ConfigError(
            f"a tuned setting is named by its keys with dots between, quoted where they hold dots; found '{path}': "
            f"correct it in [tuning.space]"
        )
    return tuple(part.strip('"') for part in _PART.findall(path))


def check_comparable(path: str) -> None:
    """Refuse a setting that changes what is measured, and not how well a model does.

    Raises:
        ConfigError: naming the path.
    """
    first, *rest = parts_of(path)
    fixed = (
        first in _FIXED
        or (first == "training" and rest[:1] and rest[0] in _FIXED_TRAINING)
        or (first == "tasks" and (len(rest) < 2 or rest[1] not in _TASK_SETTINGS))
    )
    if fixed:
        raise ConfigError(
            f"trials are compared on the same rows, labels and validations; '{path}' would change them. Of tasks, "
            f"{' and '.join(_TASK_SETTINGS)} can be tuned: remove it from [tuning.space]"
        )


def with_values(given: Settings, config: Config, values: Mapping[str, Any]) -> Settings:
    """The settings of a file with values at some paths.

    Args:
        given: as the file has them; stays as it is.
        config: made of them; says what holds where the file says nothing.
        values: by path.

    Raises:
        ConfigError: a path that leads nowhere.
    """
    settings = deepcopy(given)
    defaults = config.model_dump(mode="json", exclude_none=True)
    for path, value in values.items():
        *inner, last = parts_of(path)
        node, default = settings, defaults
        for index, part in enumerate(inner):
            default = _child(default, part)
            beginning = _kind_of(default)
            if inner[:index] == ["training", "optimizers"]:
                beginning = _group(part, config)
            node = _entered(path, node, part, beginning)
        if not isinstance(node, dict):
            raise _leads_nowhere(path, last)
        node[last] = deepcopy(value)
    return settings


def value_at(config: Config, path: str) -> Any:
    """What holds at a path, None where nothing does."""
    node: Any = config.model_dump(mode="json", exclude_none=True)
    parts = parts_of(path)
    for index, part in enumerate(parts):
        found = _child(node, part)
        if found is None and parts[:index] == ("training", "optimizers"):
            found = _group(part, config)
        node = found
    return node


def config_with(given: Settings, config: Config, values: Mapping[str, Any]) -> Config:
    """The configuration of a trial.

    Raises:
        ConfigError: a path names no setting, or a value breaks a rule.
    """
    shown = ", ".join(f"{path} = {value!r}" for path, value in values.items()) or "the given settings"
    return validated(with_values(given, config, values), f"the configuration with {shown}")


def _entered(path: str, node: Any, part: str, beginning: Settings | None) -> Any:
    """The table or list at a key. One that the file leaves out begins as what holds there by default."""
    found = _child(node, part)
    if found is None and isinstance(node, dict) and beginning is not None:
        found = node[part] = beginning
    if not isinstance(found, dict | list):
        raise _leads_nowhere(path, part)
    return found


def _kind_of(default: Any) -> Settings | None:
    """An empty table of the same kind; its other settings are the defaults anyway."""
    if not isinstance(default, dict):
        return None
    return {"kind": default["kind"]} if "kind" in default else {}


def _group(subnet: str, config: Config) -> Settings:
    """The optimizer of a subnet that has no settings of its own, with whatever a pattern sets."""
    group = claimed(subnet, config.training.optimizers)
    return {**group.model_dump(mode="json", exclude_unset=True), "kind": group.kind}


def _child(node: Any, part: str) -> Any:
    if isinstance(node, dict):
        return node.get(part)
    if isinstance(node, list):
        return next((entry for entry in node if isinstance(entry, dict) and entry.get("name") == part), None)
    return None


def _leads_nowhere(path: str, part: str) -> ConfigError:
    return ConfigError(
        f"a tuned setting is one that the configuration has; '{path}' finds no table '{part}': correct the path in "
        f"[tuning.space] (docs/tuning.md)"
    )


def with_overrides(given: Settings, data: str | None = None, seed: int | None = None) -> Settings:
    """The tables of a file with another log or seed, where one is given."""
    settings = deepcopy(given)
    if data is not None:
        settings["data"]["path"] = data
    if seed is not None:
        settings.setdefault("training", {})["seed"] = seed
    return settings
