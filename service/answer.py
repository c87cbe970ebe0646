"""From predictions to the bytes of an answer."""

import orjson

from models.manifest import Manifest
from models.predictor import Predictions


def answer(manifest: Manifest, request_id: str, predictions: Predictions) -> bytes:
    """The JSON of one answer, rows in the order sent.

    Numbers stay float32, which orjson writes in the shortest form that reads back to the same float32.
    """
    fields = tuple(predictions)
    document = {
        "model": manifest.name,
        "version": manifest.version,
        "request_id": request_id,
        "predictions": [dict(zip(fields, row, strict=True)) for row in zip(*predictions.values(), strict=True)],
    }
    return orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY)
