"""Whether a configuration describes the network of a checkpoint, so that its weights keep their meaning."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from models.config import ModelConfig
from models.errors import ConfigError
from models.features import NumericFeature

FREE = {
    "calibration", "dropout", "id_dropout", "initial_std", "stop_gradient", "teacher_forcing_steps",
    "vocabulary.max_size", "vocabulary.min_count", "ranking",
}  # fmt: skip
"""Settings that change how a network is trained, calibrated or used and not what its weights mean."""


def check_compatible(version: str, stored: ModelConfig, wanted: ModelConfig) -> None:
    """Refuse to grow a network into another one.

    Args:
        version: of the checkpoint.
        stored: what it is made of.
        wanted: what the configuration asks for.

    Raises:
        ConfigError: naming every setting that differs, with both values.
    """
    found = list(_differences("", _plain(stored), _plain(wanted)))
    if found:
        listed = "\n".join(f"  {path}: {_shown(old)} in the checkpoint, {_shown(new)} here" for path, old, new in found)
        raise ConfigError(
            f"a run with --from trains the network of its checkpoint on; {version} is another one:\n{listed}\n"
            f"Set these back, or train without --from"
        )


def _plain(config: ModelConfig) -> dict[str, Any]:
    """The settings as nested tables, in which defaults are written out and parts have their names for keys."""
    plain = config.model_dump(mode="json")
    for feature, settings in zip(config.features, plain["features"], strict=True):
        if not isinstance(feature, NumericFeature) and feature.shares is None:
            settings["vocabulary"] = feature.own_vocabulary.model_dump(mode="json")
    named = {part: {each["name"]: each for each in plain[part]} for part in ("features", "tasks", "crosses")}
    return plain | named | {f"names of {part}": list(held) for part, held in named.items()}


def _differences(path: str, old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    """Path, old and new value of every setting that differs and matters."""
    if any(path == free or path.endswith(f".{free}") for free in FREE):
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys([*old, *new]):
            yield from _differences(f"{path}.{key}" if path else key, old.get(key), new.get(key))
    elif _are_tables(old) and _are_tables(new) and len(old) == len(new):
        for position, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _differences(f"{path}.{position}", before, after)
    elif old != new:
        yield path, old, new


def _are_tables(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str) and all(isinstance(v, Mapping) for v in value)


def _shown(value: Any) -> str:
    if value is None or isinstance(value, Mapping):
        return "none" if value is None else "another part"
    return ", ".join(map(str, value)) if isinstance(value, list) else repr(value)
