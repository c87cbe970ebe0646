"""A configuration file with every guess explained in a comment."""

import json
import math
import re
from collections.abc import Iterator

from training.config import TrainingConfig
from training.initial import tabular
from training.initial.features import FeatureGuess, id_columns, user_column
from training.initial.guess import Guesses
from training.initial.labels import LabelGuess, always_after
from training.initial.names import task_names

_HEAD = """\
# A first configuration, guessed from the log. Read every line: a guess is not knowledge.
# Most of all look for leaks: a feature must be known before the impression is shown.
# docs/configuration.md lists all settings."""
_NO_FEATURE = """\
# No column looks like an input: name at least one.
# [[features]]
# name = "FILL_IN"
# kind = "categorical"
# scope = "candidate"
"""
_STEPS_AN_EPOCH = 300
"""With far fewer steps an epoch, a small log is over before the network has learned."""
_SMALLEST_BATCH = 128
_LONGEST_SHOWN = 128
"""Characters of a column's name in a comment."""
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
"""TOML takes these neither in text nor in comments."""


def render(name: str, path: str, guesses: Guesses, num_rows: int) -> str:
    """The TOML text for a log of so many rows."""
    small = tabular.is_small_table(guesses.features, num_rows)
    run = [tabular.sections(guesses.features)] if small else [*_past_rates(guesses), *_run(guesses, num_rows)]
    parts = [*_data(name, path, guesses), *_tasks(guesses), *_features(guesses, small), *run]
    return "\n".join([_HEAD, *parts]) + "\n"


def _past_rates(guesses: Guesses) -> Iterator[str]:
    ids = id_columns(guesses.features)
    if ids:
        yield "# What earlier days say of these ids is an input; a row never sees its own day (docs/past_rates.md)."
    for name in ids:
        yield f"[[past_rates]]\nof = [{_text(name)}]\n"


def _run(guesses: Guesses, num_rows: int) -> Iterator[str]:
    batch_size = 2 ** round(math.log2(max(num_rows, 1) / _STEPS_AN_EPOCH))
    if batch_size < TrainingConfig().batch_size:
        why = f"a log of {num_rows:,} rows: a few hundred steps an epoch"
        yield f"[training]\nbatch_size = {max(batch_size, _SMALLEST_BATCH)}  # {why}\n"
    user, ids = user_column(guesses.features), id_columns(guesses.features)
    if user is not None or ids:
        yield "[evaluation]"
    if user is not None:
        yield f"group_by = {_text(user)}  # AUC within each user's impressions"
    if ids:
        yield f"unseen = [{', '.join(map(_text, ids))}]  # metrics apart for values that are new to the model"


def _data(name: str, path: str, guesses: Guesses) -> Iterator[str]:
    yield f"name = {_text(name)}\n"
    yield "[data]"
    yield f"path = {_text(path)}"
    if guesses.timestamp is None:
        yield 'timestamp = "FILL_IN"  # no column looks like a time: name the one that orders the rows'
    else:
        yield f"timestamp = {_text(guesses.timestamp.name)}"
    if guesses.timestamp_unit is not None:
        yield f"timestamp_unit = {_text(guesses.timestamp_unit)}  # from the size of its numbers"
    yield 'split = { validation = "1d", test = "1d" }  # the two newest days; the rest trains\n'


def _tasks(guesses: Guesses) -> Iterator[str]:
    if not guesses.labels:
        yield "# No column looks like an outcome: name one."
        yield '[[tasks]]\nname = "click"\nkind = "binary"\nlabel = "FILL_IN"\n'
    names = task_names(guesses.labels)
    binary = (label for label in guesses.labels if label.kind == "binary")
    clicked = next((label for label in binary if "click" in label.column.name.lower()), None)
    for label in guesses.labels:
        yield from _task(label, clicked, names)


def _task(label: LabelGuess, clicked: LabelGuess | None, names: dict[str, str]) -> Iterator[str]:
    yield _comment(label.why)
    yield f'[[tasks]]\nname = {_text(names[label.column.name])}\nkind = "{label.kind}"'
    yield f"label = {_text(label.column.name)}"
    if label.kind == "duration":
        yield f'unit = "{label.unit}"  # from the name and size of its numbers'
        yield 'distribution = { kind = "quantiles", coverage = 0.9 }  # mean, median and a 90% interval'
    if clicked is not None and label is not clicked:
        click = _text(names[clicked.column.name])
        if always_after(label, clicked):
            yield f"observed_when = {click}  # never above zero without it"
        yield f"reads = [{click}]  # its estimate is an input, behind a stop-gradient"
    yield ""


def _features(guesses: Guesses, small: bool) -> Iterator[str]:
    for name, reason in guesses.left_out.items():
        yield _comment(f"left out: {name[:_LONGEST_SHOWN]} ({reason})")
    yield ""
    if not guesses.features:
        yield _NO_FEATURE
    for feature in guesses.features:
        yield from _feature(feature, small)


def _feature(feature: FeatureGuess, small: bool) -> Iterator[str]:
    none = "null or empty" if feature.column.is_list else "null"
    missing = f"; {none} in {feature.column.null_share:.0%}" if feature.column.null_share else ""
    yield _comment(f"{feature.why}{missing}")
    yield f'[[features]]\nname = {_text(feature.column.name)}\nkind = "{feature.kind}"\nscope = "{feature.scope}"'
    if small and feature.kind == "numeric":
        yield tabular.NUMERIC
    if feature.separator is not None:
        yield f"separator = {_text(feature.separator)}"
    if feature.shares is not None:
        yield f"shares = {_text(feature.shares)}  # one vocabulary and one table"
    if feature.column.is_list and feature.scope == "context":
        yield "with_length = true  # how much there was so far matters"
    yield ""


def _comment(text: str) -> str:
    return f"# {_escaped(text)}"


def _text(value: str) -> str:
    return _escaped(json.dumps(value, ensure_ascii=False))  # but for U+007F a JSON string is a TOML basic string


def _escaped(text: str) -> str:
    return _CONTROLS.sub(lambda control: f"\\u{ord(control[0]):04x}", text)
