"""The questions of a run, and what the training network answers to them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.serving.forms import Form, Values
from benchmarks.serving.questions import Question, questions
from benchmarks.serving.running import Running
from benchmarks.serving.turn import WrongAnswerError, deviation
from models.checkpoint import load_checkpoint
from models.predictor import Predictor, typed_column

NUM_QUESTIONS, NUM_CHECKED = 64, 4


@dataclass(frozen=True)
class Asked:
    """Questions of the same size.

    Attributes:
        questions: that are sent in turns.
        fields: of an answer.
        expected: answers of the first few, [rows, fields] each.
    """

    questions: list[Question]
    fields: tuple[str, ...]
    expected: list[Values]

    def messages(self, form: Form) -> list[bytes]:
        """The bytes of all questions."""
        return [form.message(question) for question in self.questions]

    def check(self, running: Running, form: Form, tolerance: float) -> float:
        """The largest relative difference of the server's answers from the training network's.

        Raises:
            WrongAnswerError: it is beyond the tolerance.
        """
        found = max(
            deviation(running.ask(form.message(question)), form, self.fields, expected)
            for question, expected in zip(self.questions, self.expected, strict=False)
        )
        if not found <= tolerance:
            raise WrongAnswerError(f"answers as '{form.title}' differ by {found:.2g} of their size, beyond {tolerance}")
        return found


class Oracle:
    """The training network, which says what is right."""

    def __init__(self, checkpoint: Path) -> None:
        self._predictor, self.manifest = load_checkpoint(checkpoint)
        self.fields = tuple(name for task in self.manifest.model.tasks for name in task.prediction_names)

    def asked(self, rows: int) -> Asked:
        """Questions of so many candidates."""
        asked = questions(NUM_QUESTIONS, rows)
        return Asked(asked, self.fields, [_answers(self._predictor, each) for each in asked[:NUM_CHECKED]])


def _answers(predictor: Predictor, question: Question) -> Values:
    features = predictor.config.features
    columns = question.all_columns()
    predictions = predictor.predict(
        {each.name: typed_column(each, columns[each.name]) for each in features}, len(question.candidates)
    )
    return np.stack([values.astype(float) for values in predictions.values()], axis=1)
