"""The JSON of a body, before anything is known of features."""

from typing import Any

import orjson

from service.refusal import BROKEN_BODY, WRONG_SHAPE, Refusal


def parse_json(body: bytes) -> dict[str, Any]:
    """The body's object.

    Raises:
        Refusal: it is empty, no JSON (NaN, Infinity and 1e400 are none), nested too deep, or no object.
    """
    if not body.strip():
        raise Refusal(BROKEN_BODY, 'the body is a JSON object; found none: send {"instances": [{...}]}, for example')
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refusal(
            BROKEN_BODY, f"the body is JSON, in which NaN and infinity do not exist; found {error}: send null for them"
        ) from None
    if not isinstance(document, dict):
        raise Refusal(WRONG_SHAPE, f"the body is a JSON object; found {json_kind(document)}: see /openapi.json")
    return document


def json_kind(value: object) -> str:
    """What the value is, in the words of JSON."""
    kinds = {dict: "an object", list: "a list", str: "text", bool: "a boolean", type(None): "null or nothing"}
    return kinds.get(type(value), "a number")
