"""A configuration file with every guess explained in a comment."""

import json
from collections.abc import Iterator

from training.initial.guess import FeatureGuess, Guesses, LabelGuess

_HEAD = """\
# A first configuration, guessed from the log. Read every line: a guess is not knowledge.
# Most of all look for leaks: a feature must be known before the impression is shown.
# docs/configuration.md lists all settings."""


def render(name: str, path: str, guesses: Guesses) -> str:
    """The TOML text."""
    return "\n".join([_HEAD, *_data(name, path, guesses), *_tasks(guesses), *_features(guesses)]) + "\n"


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
    clicked = next((label for label in guesses.labels if "click" in label.column.name.lower()), None)
    for label in guesses.labels:
        yield from _task(label, clicked)


def _task(label: LabelGuess, clicked: LabelGuess | None) -> Iterator[str]:
    yield f"# {label.why}"
    yield f'[[tasks]]\nname = {_text(_task_name(label.column.name))}\nkind = "{label.kind}"'
    yield f"label = {_text(label.column.name)}"
    if label.kind == "duration":
        unit = "ms" if label.column.name.lower().endswith("_ms") or label.column.values.median() > 1_000 else "s"
        yield f'unit = "{unit}"  # from the name and size of its numbers'
    if clicked is not None and label is not clicked:
        click = _task_name(clicked.column.name)
        after = label.column.values[clicked.column.values.astype(float) == 0].fillna(0).eq(0).all()
        if after:
            yield f'observed_when = "{click}"  # never above zero without it'
        yield f'reads = ["{click}"]  # its estimate is an input, behind a stop-gradient'
    yield ""


def _features(guesses: Guesses) -> Iterator[str]:
    for name, reason in guesses.left_out.items():
        yield f"# left out: {name} ({reason})"
    yield ""
    for feature in guesses.features:
        yield from _feature(feature)


def _feature(feature: FeatureGuess) -> Iterator[str]:
    missing = f"; null in {feature.column.null_share:.0%}" if feature.column.null_share else ""
    yield f"# {feature.why}{missing}"
    yield f'[[features]]\nname = {_text(feature.column.name)}\nkind = "{feature.kind}"\nscope = "{feature.scope}"'
    if feature.separator is not None:
        yield f"separator = {_text(feature.separator)}"
    if feature.shares is not None:
        yield f"shares = {_text(feature.shares)}  # one vocabulary and one table"
    yield ""


def _task_name(column: str) -> str:
    name = "".join(c if c.isalnum() else "_" for c in column.lower()).removeprefix("is_").strip("_") or "task"
    return name if name[0].isalpha() else f"task_{name}"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)  # a JSON string is a TOML basic string
