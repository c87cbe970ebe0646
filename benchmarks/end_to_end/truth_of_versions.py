"""Is an answer what the version that it names predicts? Told by the stored version itself, outside the service."""

from pathlib import Path

import numpy as np

from benchmarks.end_to_end.questions import Question
from benchmarks.end_to_end.traffic import Answered, Values
from models.checkpoint import load_checkpoint
from models.predictor import Predictor
from training.data.reader import LogReader
from training.data.source import LogSource

WITHIN = 1e-3
"""Part of a number by which an engine may differ from the predictor: fused products move the last digits."""
NEXT_TO_NOTHING = 1e-5
"""Part of a field's mean by which small numbers may differ: the low end of a dwell, say a thousandth of a second, is
what is left of two numbers that are nearly alike."""
MADE_OF_OTHERS = {"score"}
"""Fields that the ranking makes of the predictions."""


class Versions:
    """Predictions of stored versions for rows of days.

    Args:
        registry: the folder of the versions.
        log: the folder of the days.
    """

    def __init__(self, registry: Path, log: Path) -> None:
        self._registry, self._log = registry, log
        self._predictions: dict[tuple[str, str], dict[str, Values]] = {}

    def predictions(self, version: str, day: str) -> dict[str, Values]:
        """By field, of the rows at the beginning of the day's file."""
        if (version, day) not in self._predictions:
            predictor, _ = load_checkpoint(self._registry / version)
            self._predictions[version, day] = _first_rows(predictor, self._log / f"date={day}")
        return self._predictions[version, day]

    def is_right(self, version: str, asked: Question, answered: Answered) -> bool:
        """Whether all answers to the question lie at what the version predicts for its rows."""
        return self.mismatch(version, asked, answered) is None

    def mismatch(self, version: str, asked: Question, answered: Answered) -> str | None:
        """What lies elsewhere, and how far; None where nothing does."""
        expected = self.predictions(version, asked.day)
        fields = set(answered.fields) - MADE_OF_OTHERS
        if fields != expected.keys():
            return f"fields {sorted(fields)}, by {version} they are {sorted(expected)}"
        for column, name in enumerate(answered.fields):
            if name in MADE_OF_OTHERS:
                continue
            values = expected[name][asked.first : asked.first + asked.num_rows]
            nothing = NEXT_TO_NOTHING * float(np.abs(expected[name]).mean())
            for found in (answered.low[:, column], answered.high[:, column]):
                off = np.abs(found - values) - WITHIN * np.abs(values) - nothing
                if not (off <= 0).all():
                    row = int(np.argmax(off))
                    return f"{name} of row {row}: {found[row]:.9g}, by {version} it is {values[row]:.9g}"
        return None


def _first_rows(predictor: Predictor, folder: Path) -> dict[str, Values]:
    reader = LogReader(LogSource(str(folder), {}, 65_536), predictor.config, with_labels=False)
    chunk = next(iter(reader.chunks()))
    return {name: found.astype(np.float64) for name, found in predictor.predict(chunk.features, chunk.num_rows).items()}
