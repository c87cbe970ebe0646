"""What the description of the API says of streams; a schema of JSON cannot say more of them than their media type."""

from typing import Any

from service.arrow.reader import ARROW, CONTEXT, OPTIONS

REQUEST_CONTENT: dict[str, Any] = {
    ARROW: {
        "schema": {
            "type": "string",
            "format": "binary",
            "description": f"An IPC stream with a column a feature. The schema's metadata may hold `{CONTEXT}`, a JSON "
            f"object of the features that all rows share, and `{OPTIONS}`, one of the options of the answer.",
        }
    }
}
ANSWER_CONTENT: dict[str, Any] = {
    ARROW: {
        "schema": {
            "type": "string",
            "format": "binary",
            "description": "Where `Accept` names it: an IPC stream with a float32 column a field of `Prediction`, and "
            "with `top_k` the int64 column `index`.",
        }
    }
}
