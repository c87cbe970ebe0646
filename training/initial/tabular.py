"""Settings for a small table: thousands of rows of numbers and a few categories, without ids and histories.

They are those of examples/tabular.toml, which were chosen by the validation rows of two tables (docs/results.md).
"""

from collections.abc import Sequence

from training.initial.features import FeatureGuess, user_column

MOST_ROWS = 200_000
"""A log of more rows has enough for the defaults."""
MOST_CATEGORIES = 500
"""A feature of more values is an id, and the defaults are made for those."""

NUMERIC = 'encoding = "piecewise_linear"'
SECTIONS = """\
# A small table without ids: an ensemble, small batches, averaged weights, as many epochs as the validation rows want.
[model]
embedding = { numeric_activation = "relu" }
trunk = { kind = "tabm", num_members = 8, mlp = { widths = [128, 64] } }

[training]
batch_size = 256
max_epochs = 200
validations_per_epoch = 1
patience = 10
average_weights = 0.99

[training.optimizers.embeddings]
kind = "rowwise_adagrad"
learning_rate = 0.05

[training.optimizers.inputs]
kind = "adamw"
learning_rate = 4e-3

[training.optimizers.shared]
kind = "adamw"
learning_rate = 4e-3
weight_decay = 1e-2

[training.optimizers."heads.*"]
kind = "adamw"
learning_rate = 4e-3
weight_decay = 1e-2
"""


def is_small_table(features: Sequence[FeatureGuess], num_rows: int) -> bool:
    """Whether a log is a table of few rows without ids and histories."""
    return (
        num_rows < MOST_ROWS
        and bool(features)
        and user_column(features) is None
        and not any(_is_id(feature) for feature in features)
    )


def sections(features: Sequence[FeatureGuess]) -> str:
    """The sections [model] and [training]; numbers are embedded by `inputs`, whose group is left out without any."""
    if any(feature.kind == "numeric" for feature in features):
        return SECTIONS
    head, rest = SECTIONS.split("[training.optimizers.inputs]\n", 1)
    return head + rest.split("\n\n", 1)[1]


def _is_id(feature: FeatureGuess) -> bool:
    return feature.kind == "multi_categorical" or (
        feature.kind == "categorical" and feature.column.num_distinct > MOST_CATEGORIES
    )
