"""From the text of a utility to its tree, by recursive descent; a text means here what it means in Python.

    sum      = product (("+" | "-") product)*
    product  = signed (("*" | "/") signed)*
    signed   = "-" signed | whole ["**" signed]
    whole    = NUMBER | FIELD | FUNCTION "(" sum ("," sum)* ")" | "(" sum ")"

Sums and products lean to the left, powers to the right: `-a ** 2` is `-(a ** 2)`.
"""

import math
from collections.abc import Callable
from difflib import get_close_matches
from typing import TypeVar

from models.errors import ConfigError
from models.ranking.expression import Binary, Call, Expression, Field, Negative, Number
from models.ranking.functions import FUNCTIONS
from models.ranking.tokens import Token, tokens, where

MAX_DEPTH = 64
"""Operations within each other; a sum of n terms counts n."""
Built = TypeVar("Built", Negative, Binary, Call)


def parse(text: str) -> Expression:
    """The tree of a utility.

    Raises:
        ConfigError: it breaks the grammar, is too long, or nests too deep; the message shows the place.
    """
    parser = _Parser(text)
    expression = parser.sum()
    parser.expect_end()
    return expression


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokens(text)
        self._position = 0
        self._nested = 0

    @property
    def _next(self) -> Token:
        return self._tokens[self._position]

    def _take(self) -> Token:
        taken = self._next
        self._position += taken.kind != "end"
        return taken

    def _next_is(self, *signs: str) -> bool:
        return self._next.kind == "sign" and self._next.text in signs

    def expect_end(self) -> None:
        if self._next_is(")"):
            raise self._refusal("a ) closes a ( before it", self._next, "remove it")
        if self._next.kind != "end":
            raise self._refusal("an operator stands between two operands", self._next, "write one of + - * / **")

    def sum(self) -> Expression:
        return self._chain(("+", "-"), self._product)

    def _product(self) -> Expression:
        return self._chain(("*", "/"), self._signed)

    def _chain(self, signs: tuple[str, ...], operand: Callable[[], Expression]) -> Expression:
        left = operand()
        while self._next_is(*signs):
            sign = self._take()
            left = self._bounded(Binary(sign.text, left, operand()), sign)
        return left

    def _signed(self) -> Expression:
        start = self._next
        self._nested += 1
        if self._nested > MAX_DEPTH:
            raise self._too_deep(start)
        expression = self._negative() if self._next_is("-") else self._power()
        self._nested -= 1
        return expression

    def _negative(self) -> Expression:
        sign = self._take()
        return self._bounded(Negative(self._signed()), sign)

    def _power(self) -> Expression:
        base = self._whole()
        if not self._next_is("**"):
            return base
        sign = self._take()
        return self._bounded(Binary("**", base, self._signed()), sign)

    def _whole(self) -> Expression:
        token = self._take()
        if token.kind == "number":
            return self._number(token)
        if token.kind == "name":
            return self._call(token) if self._next_is("(") else Field(token.text)
        if token.text == "(":
            expression = self.sum()
            self._close(token)
            return expression
        raise self._refusal("an operand is a number, a field, a function or something in ( )", token, "write one there")

    def _number(self, token: Token) -> Number:
        value = float(token.text)
        if not math.isfinite(value):
            raise self._refusal("a number is finite in 64 bits", token, "write a smaller one")
        return Number(value)

    def _call(self, name: Token) -> Call:
        function = FUNCTIONS.get(name.text)
        if function is None:
            close = get_close_matches(name.text, FUNCTIONS, n=1)
            meant = f"did you mean {close[0]}?" if close else "use one of them"
            raise self._refusal(f"the functions are {', '.join(FUNCTIONS)}", name, meant)
        opening = self._take()
        arguments = [self.sum()]
        while self._next_is(","):
            self._take()
            arguments.append(self.sum())
        self._close(opening)
        if not function.takes(len(arguments)):
            found = f"{len(arguments)} {where(self._text, name.place)}"
            raise ConfigError(f"{name.text} takes {function.counted}; found {found}: add or remove some")
        return self._bounded(Call(name.text, tuple(arguments)), name)

    def _close(self, opening: Token) -> None:
        if not self._next_is(")"):
            rule = f"the ( at character {opening.place + 1} is closed by a )"
            raise self._refusal(rule, self._next, "write an operator, or close it")
        self._take()

    def _bounded(self, built: Built, token: Token) -> Built:
        if built.depth > MAX_DEPTH:
            raise self._too_deep(token)
        return built

    def _too_deep(self, token: Token) -> ConfigError:
        place = where(self._text, token.place)
        return ConfigError(f"at most {MAX_DEPTH} operations lie within each other; found more {place}: simplify it")

    def _refusal(self, rule: str, found: Token, way_out: str) -> ConfigError:
        return ConfigError(f"{rule}; found {found} {where(self._text, found.place)}: {way_out}")
