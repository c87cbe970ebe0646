"""The tree of a utility. Printed, it is the shortest text that is parsed to the same tree again."""

from collections.abc import Iterator
from dataclasses import dataclass, field

LEVELS = {"+": 1, "-": 1, "*": 2, "/": 2, "**": 4}
"""How tightly an operator binds; a minus before an operand lies between products and powers."""
_NEGATIVE, _WHOLE = 3, 5


@dataclass(frozen=True, slots=True)
class Number:
    """A finite number, zero or above: what looks like a negative one is a `Negative`."""

    value: float
    depth: int = field(default=1, init=False, repr=False)

    def __str__(self) -> str:
        return f"{self.value:.0f}" if self.value.is_integer() and self.value < 1e15 else repr(self.value)


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the answer."""

    name: str
    depth: int = field(default=1, init=False, repr=False)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Negative:
    """A minus before an operand."""

    operand: "Expression"
    depth: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "depth", 1 + self.operand.depth)

    def __str__(self) -> str:
        return f"-{_within(self.operand, _NEGATIVE)}"


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands and `+`, `-`, `*`, `/` or `**` between them."""

    operator: str
    left: "Expression"
    right: "Expression"
    depth: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "depth", 1 + max(self.left.depth, self.right.depth))

    def __str__(self) -> str:
        level = LEVELS[self.operator]
        left, right = (_WHOLE, _NEGATIVE) if self.operator == "**" else (level, level + 1)
        return f"{_within(self.left, left)} {self.operator} {_within(self.right, right)}"


@dataclass(frozen=True, slots=True)
class Call:
    """A function and its arguments."""

    function: str
    arguments: tuple["Expression", ...]
    depth: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "depth", 1 + max(argument.depth for argument in self.arguments))

    def __str__(self) -> str:
        return f"{self.function}({', '.join(map(str, self.arguments))})"


Expression = Number | Field | Negative | Binary | Call


def operands(expression: Expression) -> tuple[Expression, ...]:
    """What the expression is made of; nothing for a number or a field."""
    match expression:
        case Negative():
            return (expression.operand,)
        case Binary():
            return (expression.left, expression.right)
        case Call():
            return expression.arguments
        case _:
            return ()


def fields_of(expression: Expression) -> Iterator[str]:
    """Names of the fields, from left to right, as often as they are used."""
    if isinstance(expression, Field):
        yield expression.name
    for operand in operands(expression):
        yield from fields_of(operand)


def _within(expression: Expression, level: int) -> str:
    """The text where something is needed that binds at least so tightly."""
    match expression:
        case Negative():
            own = _NEGATIVE
        case Binary():
            own = LEVELS[expression.operator]
        case _:
            own = _WHOLE
    return str(expression) if own >= level else f"({expression})"
