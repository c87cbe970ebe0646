"""What becomes of predictions where the model has a utility: a score for each row, and the best rows first."""

import numpy as np
from numpy.typing import NDArray

from models.config import ModelConfig
from models.errors import ValueRefused
from models.ranking import best
from service.refusal import NO_UTILITY, NOT_FINITE, Refusal

Values = NDArray[np.float32]
"""By row and field, [rows, fields]."""
Order = NDArray[np.int64]
"""Positions in the request of the best rows, best first, [top_k]."""


class Ranker:
    """Scores and orders the rows of one request; does nothing for a model without a utility.

    Attributes:
        fields: of an answer: those of a prediction and, with a utility, the score.
    """

    def __init__(self, config: ModelConfig) -> None:
        self.fields = config.answer_fields
        self._utility = config.utility

    def check(self, top_k: int | None) -> None:
        """Refuse a request for the best rows where nothing says which are better, before anything is computed for it.

        Raises:
            Refusal: the model has no utility.
        """
        if top_k is not None and self._utility is None:
            raise Refusal(
                NO_UTILITY,
                'the best rows are those of the highest utility; found none in this model: write utility = "..." in '
                "the section [ranking] of its configuration and train it again, or leave `top_k` out",
                field="top_k",
            )

    def ranked(self, values: Values, top_k: int | None) -> tuple[Values, Order | None]:
        """All rows with their scores, in the order sent, and the order of the best of them where that is asked for.

        Args:
            values: predictions, [rows, fields of a prediction].
            top_k: how many of the best; None asks for none, more than there are for all.

        Raises:
            Refusal: a score is not finite.
        """
        if self._utility is None:
            return values, None
        try:
            scores = self._utility.score(values)
        except ValueRefused as error:
            raise Refusal(NOT_FINITE, str(error), row=error.row, field=error.field) from None
        scored = np.concatenate([values, scores[:, np.newaxis]], axis=1)
        return scored, None if top_k is None else best(scores, top_k)
