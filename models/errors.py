"""Every error a user can cause, in one tree.

    ThreefoldError
    ├── ConfigError        a setting breaks a rule
    ├── DataError          a log breaks a rule (a column, a file, a window)
    │   └── ValueRefused   one value breaks a rule: names its row and field
    ├── CheckpointError    a checkpoint is missing, torn, altered or of an unknown format
    │   └── StoreError     an object store does not answer or refuses
    ├── RegistryError      a registry is damaged, or what is asked of it breaks a rule (an unknown version)
    └── TrainingError      training cannot go on (a loss that is not finite, a group without parameters)

A message states the rule, what was found and the way out, in that order. The command line prints it as one
paragraph; the service answers it as a problem document.
"""


class ThreefoldError(Exception):
    """Base of all errors that a user can cause."""


class ConfigError(ThreefoldError, ValueError):
    """A setting breaks a rule."""


class DataError(ThreefoldError, ValueError):
    """A log breaks a rule."""


class ValueRefused(DataError):  # noqa: N818 - reads as what happened, also in tracebacks
    """One value breaks a rule.

    Attributes:
        field: name of the feature or label.
        row: position of the value in the rows handed in, from 0; None where the whole field is meant.
        rule: what a value has to be, and what was found.
    """

    def __init__(self, field: str, row: int | None, rule: str) -> None:
        self.field = field
        self.row = row
        self.rule = rule
        where = f"field '{field}'" if row is None else f"row {row}, field '{field}'"
        super().__init__(f"{where}: {rule}")


class CheckpointError(ThreefoldError, ValueError):
    """A checkpoint is missing, torn, altered or of an unknown format."""


class StoreError(CheckpointError):
    """An object store does not answer or refuses; the same may work later."""


class RegistryError(ThreefoldError, ValueError):
    """A registry is damaged, or what is asked of it breaks a rule."""


class TrainingError(ThreefoldError, RuntimeError):
    """Training cannot go on."""
