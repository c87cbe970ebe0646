"""Reads the vocabularies of a checkpoint: an object of lists of texts, in JSON.

A parser in C reads millions of texts in one breath, a tenth of a second for a million of them, in which no other
thread of the process works. A service that loads a version beside the one that it serves cannot have that, so here
a pattern cuts the lists into pieces of so many texts, and between any two pieces the interpreter comes by.
"""

import json
import re

NUM_AT_ONCE = 1_000
"""Texts that are parsed in one breath: some tenths of a millisecond."""
_SPACE = r"[ \t\n\r]*+"  # no group repeats possessively: 3.11.2 leaves half of one matched
_TEXT = r'"[^"\\]*+(?:\\.[^"\\]*+)*"'
_OPENED = re.compile(rf"{_SPACE}\{{{_SPACE}")
_NAMED = re.compile(rf"({_TEXT}){_SPACE}:{_SPACE}\[{_SPACE}")
_PIECE = re.compile(rf"{_TEXT}(?:{_SPACE},{_SPACE}{_TEXT}){{0,{NUM_AT_ONCE - 1}}}")
_COMMA = re.compile(rf"{_SPACE},{_SPACE}")
_LIST_ENDS = re.compile(rf"{_SPACE}\]{_SPACE}")
_ENDS = re.compile(rf"{_SPACE}\}}{_SPACE}")


def text_lists(text: str) -> dict[str, list[str]]:
    """The lists by name.

    Raises:
        ValueError: the text holds something else.
    """
    found: dict[str, list[str]] = {}
    at = _next(_OPENED, text, 0).end()
    ends = _ENDS.match(text, at)
    while ends is None:
        if found:
            at = _next(_COMMA, text, at).end()
        named = _next(_NAMED, text, at)
        found[json.loads(named[1])], at = _list(text, named.end())
        ends = _ENDS.match(text, at)
    if ends.end() < len(text):
        raise ValueError(f"nothing follows the lists; found more at position {ends.end()}")
    return found


def _list(text: str, at: int) -> tuple[list[str], int]:
    """The texts of a list whose bracket was opened, and where it ends."""
    found: list[str] = []
    ends = _LIST_ENDS.match(text, at)
    while ends is None:
        if found:
            at = _next(_COMMA, text, at).end()
        piece = _next(_PIECE, text, at)
        found += json.loads(f"[{piece[0]}]")
        at = piece.end()
        ends = _LIST_ENDS.match(text, at)
    return found, ends.end()


def _next(expected: re.Pattern[str], text: str, at: int) -> re.Match[str]:
    found = expected.match(text, at)
    if found is None:
        raise ValueError(f"the text is an object of lists of texts in JSON; found something else at position {at}")
    return found
