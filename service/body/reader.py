"""From the bytes of a body to a request."""

from collections.abc import Sequence

from models.features import Feature
from service.arrow.reader import ArrowReader
from service.body.careful import CarefulReader
from service.body.fast import FastReader
from service.request import PredictRequest


class RequestReader:
    """Reads requests for a model with these features.

    Args:
        features: of the model.
        max_rows: of one request.
    """

    def __init__(self, features: Sequence[Feature], max_rows: int) -> None:
        self.max_rows = max_rows
        self.max_rows = max_rows
        self._fast = FastReader(features, max_rows)
        self._careful = CarefulReader(features, max_rows)
        self._arrow = ArrowReader(features, max_rows)

    def read(self, body: bytes, *, arrow: bool = False) -> PredictRequest:
        """The typed columns of a body, which is JSON or a stream of Arrow.

        Raises:
            Refusal: naming the row and the field where there is one.
        """
        if arrow:
            return self._arrow.read(body)
        return self._fast.read(body) or self._careful.read(body)
