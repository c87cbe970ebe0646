"""The best trial as a configuration file that `threefold train` takes as it is."""

import tomli_w

from training.tuning.record import TrialRecord
from training.tuning.search import Searched
from training.tuning.settings import with_values
from training.tuning.words import gain_words, value_words


def best_toml(searched: Searched, best: TrialRecord) -> str:
    """The file's text: the given tables with the trial's values, and comments that say where they are from."""
    head = [
        f"Made by `threefold tune`: trial {best.number} of {len(searched.records)}.",
        gain_words(searched.records),
        *[f"{path} = {value_words(value)}" for path, value in best.values.items()],
        "Comments of the given file are not kept; settings that it leaves out are left out here.",
    ]
    settings = with_values(searched.given, searched.config, best.values)
    comments = "".join(f"# {_one_line(line)}\n" for line in head)
    return f"{comments}\n{tomli_w.dumps(settings)}"


def _one_line(text: str) -> str:
    """Without characters that TOML refuses in a comment."""
    return "".join(char if char == "\t" or char.isprintable() else " " for char in text)
