"""What a JSON body says of its answer: `layout` and `top_k`."""

from collections.abc import Mapping
from typing import get_args

from service.json_body import json_kind
from service.refusal import WRONG_SHAPE, Refusal
from service.request import AnswerOptions, Layout

LARGEST_TOP_K = 2**31 - 1
OPTION_NAMES = frozenset({"layout", "top_k"})


def read_options(document: Mapping[str, object]) -> AnswerOptions:
    """The options of a body that is an object.

    Raises:
        Refusal: one of them is none of its values.
    """
    layout, top_k = document.get("layout", "rows"), document.get("top_k")
    if layout not in get_args(Layout):
        raise Refusal(
            WRONG_SHAPE,
            f'`layout` is "rows" or "columns"; found {_named(layout)}: send one of them, or leave it out',
            field="layout",
        )
    if "top_k" in document and not (type(top_k) is int and 1 <= top_k <= LARGEST_TOP_K):
        raise Refusal(
            WRONG_SHAPE,
            f"`top_k` is a whole number from 1 to {LARGEST_TOP_K}; found {_named(top_k)}: leave it out for all rows",
            field="top_k",
        )
    return AnswerOptions("columns" if layout == "columns" else "rows", top_k if type(top_k) is int else None)


def _named(value: object) -> str:
    return f"{json_kind(value)} that is neither" if isinstance(value, str) else json_kind(value)
