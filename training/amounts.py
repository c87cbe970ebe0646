"""Numbers of unknown size, for people."""

import math

DIGITS = 4


def amount_text(value: float) -> str:
    """A number in whatever unit by its first four digits; with an exponent only where it is very large or small."""
    if value == 0:
        return "0"
    if 1e-4 <= abs(value) < 1e15:
        return f"{value:,.{max(DIGITS - 1 - math.floor(math.log10(abs(value))), 0)}f}"
    return f"{value:.{DIGITS - 1}e}"


def tick_text(value: float) -> str:
    """A round number on an axis, with no more digits than it has."""
    if abs(value) >= 1e7:
        return f"{value:.6g}"
    return f"{float(f'{value:.9g}'):,}".removesuffix(".0")
