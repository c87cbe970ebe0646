"""The JSON of a body, before anything is known of features."""

import json
import math
from typing import Any

import orjson

from service.refusal import BROKEN_BODY, WRONG_SHAPE, Refusal


def parse_json(body: bytes) -> dict[str, Any]:
    """The body's object.

    Raises:
        Refusal: it is empty, no JSON, nested too deep, or no object. NaN, Infinity and 1e400 are no JSON either, but
            they pass here as floats, so that their feature refuses them and can name the row and the field.
    """
    if not body.strip():
        raise Refusal(BROKEN_BODY, 'the body is a JSON object; found none: send {"instances": [{...}]}, for example')
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        document = _with_numbers_that_are_not_finite(body)
        if document is None:
            raise Refusal(BROKEN_BODY, f"the body is JSON in UTF-8; found {error}: mend it there") from None
    if not isinstance(document, dict):
        raise Refusal(WRONG_SHAPE, f"the body is a JSON object; found {json_kind(document)}: see /openapi.json")
    return document


def _with_numbers_that_are_not_finite(body: bytes) -> Any:
    """The document, if nothing but NaN, infinity or an overflow keeps it from being JSON; else None."""
    found: list[str] = []

    def number(text: str) -> float:
        value = float(text)
        if not math.isfinite(value):
            found.append(text)
        return value

    try:
        document = json.loads(
            body.decode("utf-8"), parse_float=number, parse_constant=number, object_pairs_hook=_with_keys_once
        )
        json.dumps(document, ensure_ascii=False).encode("utf-8")  # half of a surrogate pair is no text either
    except (ValueError, RecursionError):
        return None
    return document if found else None


def _with_keys_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object; a key that comes again would hide a number that no feature then refuses."""
    document = dict(pairs)
    if len(document) < len(pairs):
        raise ValueError
    return document


def json_kind(value: object) -> str:
    """What the value is, in the words of JSON."""
    kinds = {dict: "an object", list: "a list", str: "text", bool: "a boolean", type(None): "null or nothing"}
    return kinds.get(type(value), "a number")
