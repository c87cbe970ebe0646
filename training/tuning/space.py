"""Checks the whole space before the first trial: hours later a wrong path would cost the search."""

from fnmatch import fnmatchcase
from itertools import pairwise

from models.errors import ConfigError
from training.config import Config
from training.tuning.parameters import examples
from training.tuning.settings import Settings, check_comparable, config_with, parts_of


def check_space(given: Settings, config: Config) -> None:
    """Build the configuration at both ends of every range and with every value of every choice.

    Raises:
        ConfigError: there is no space, a path names no setting or one that decides what is measured, two paths
            overlap, or a value breaks a rule.
    """
    space = config.tuning.space
    if not space:
        raise ConfigError(
            "`threefold tune` changes the settings that [tuning.space] names; found none: add for instance "
            '"training.optimizers.shared.learning_rate" = { kind = "log_float", low = 1e-4, high = 1e-2 } '
            "(docs/tuning.md)"
        )
    _refuse_overlap(list(space))
    for path, parameter in space.items():
        check_comparable(path)
        _refuse_unknown_head(path, config)
        for value in examples(parameter):
            config_with(given, config, {path: value})


def _refuse_overlap(paths: list[str]) -> None:
    by_parts = {parts_of(path): path for path in paths}
    for (outer, shorter), (inner, longer) in pairwise(sorted(by_parts.items())):
        if inner[: len(outer)] == outer:
            raise ConfigError(
                f"every setting is tuned by one entry of [tuning.space]; '{longer}' lies within '{shorter}', which "
                f"replaces all of it: remove one, or name the inner setting in the values of the outer one"
            )
    if len(by_parts) < len(paths):
        raise ConfigError(f"every setting is tuned by one entry; found one twice in {', '.join(paths)}: remove one")


def _refuse_unknown_head(path: str, config: Config) -> None:
    parts = parts_of(path)
    heads = [f"heads.{task.name}" for task in config.tasks]
    group = parts[2] if parts[:2] == ("training", "optimizers") and len(parts) > 2 else ""
    if group.startswith("heads.") and not any(fnmatchcase(head, group) for head in heads):
        raise ConfigError(
            f"an optimizer group claims a subnet; '{group}' of [tuning.space] matches none of: {', '.join(heads)}: "
            f"correct it"
        )
