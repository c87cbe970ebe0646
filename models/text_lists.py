"""Reads the vocabularies of a checkpoint: an object of lists of texts, in JSON.

A parser in C reads millions of texts in one breath, a quarter of a second for a million of them, in which no other
thread of the process works. A service that loads a version beside the one that it serves cannot have that, so here
the interpreter comes by between any two texts. It takes half as long again.
"""

import re
from json.decoder import scanstring  # type: ignore[attr-defined]

_OPENED = re.compile(r"\s*\{\s*")
_LIST = re.compile(r"\s*:\s*\[\s*")
_NEXT = re.compile(r'\s*(?:,\s*(?=")|([\]}]))\s*')
_USUAL = ', "'
"""Between two texts, as `json.dumps` writes it."""


def text_lists(text: str) -> dict[str, list[str]]:
    """The lists by name.

    Raises:
        ValueError: the text holds something else.
    """
    found: dict[str, list[str]] = {}
    at = _end(_OPENED, text, 0)
    if text[at : at + 1] == "}":
        at += 1
    else:
        is_last = False
        while not is_last:
            name, at = _text(text, at)
            found[name], at = _list(text, _end(_LIST, text, at))
            is_last, at = _ends(text, at, "}")
    if text[at:].strip():
        raise ValueError(f"nothing follows the lists; found more at position {at}")
    return found


def _list(text: str, at: int) -> tuple[list[str], int]:
    """The texts of a list whose bracket was opened, and where it ends."""
    found: list[str] = []
    if text[at : at + 1] == "]":
        return found, at + 1
    is_last = False
    while not is_last:
        value, at = _text(text, at)
        found.append(value)
        if text[at : at + 3] == _USUAL:
            at += 2
        else:
            is_last, at = _ends(text, at, "]")
    return found, at


def _text(text: str, at: int) -> tuple[str, int]:
    if text[at : at + 1] != '"':
        raise ValueError(f"a text begins with a quotation mark; found none at position {at}")
    found: tuple[str, int] = scanstring(text, at + 1)
    return found


def _ends(text: str, at: int, bracket: str) -> tuple[bool, int]:
    """Whether the bracket comes, or else a comma, and where it ends."""
    found = _NEXT.match(text, at)
    if found is None or found[1] not in {None, bracket}:
        raise ValueError(f"a comma or {bracket} comes between values; found neither at position {at}")
    return found[1] == bracket, found.end()


def _end(expected: re.Pattern[str], text: str, at: int) -> int:
    found = expected.match(text, at)
    if found is None:
        raise ValueError(f"the text is an object of lists of texts in JSON; found something else at position {at}")
    return found.end()
