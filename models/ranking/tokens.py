"""From the text of a utility to its tokens, each with its place."""

import re
from typing import Literal, NamedTuple

from models.errors import ConfigError

MAX_LENGTH = 1_000
"""Characters of a utility."""
_TOKEN = re.compile(
    r"(?P<space>[ \t\r\n]+)|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<sign>\*\*|[-+*/(),])",
    re.ASCII,
)
_SHOWN = 30
_HINTS = {"^": "write ** for powers", "%": "write / 100 for a percentage"}


class Token(NamedTuple):
    """A piece of the text.

    Attributes:
        kind: what it is; `end` comes after the last one, with no text.
        text: as written.
        place: of its first character, from 0.
    """

    kind: Literal["number", "name", "sign", "end"]
    text: str
    place: int

    def __str__(self) -> str:
        return f"`{self.text}`" if self.text else "the end"


def tokens(text: str) -> list[Token]:
    """All tokens and the end.

    Raises:
        ConfigError: the text is too long, or a character begins no token.
    """
    if len(text) > MAX_LENGTH:
        raise ConfigError(f"a utility has at most {MAX_LENGTH} characters; found {len(text)}: shorten it")
    found: list[Token] = []
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            hint = _HINTS.get(text[place], "remove it")
            raise ConfigError(
                f"a utility is made of numbers, fields, functions, + - * / ** and ( , ); found "
                f"{text[place]!r} {where(text, place)}: {hint}"
            )
        if match.lastgroup != "space":
            found.append(Token(match.lastgroup, match.group(), place))  # type: ignore[arg-type]
        place = match.end()
    return [*found, Token("end", "", len(text))]


def where(text: str, place: int) -> str:
    """A place of the text in words: its number from 1, and what stands before it."""
    before = text[:place].rstrip()
    if not before:
        return f"at character {place + 1}"
    shown = before if len(before) <= _SHOWN else f"...{before[-_SHOWN:]}"
    return f"at character {place + 1}, after `{shown}`"
