"""What was asked for, and whether it was kept."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Judged:
    """A number and its bar.

    Attributes:
        what: the number is.
        found: the number.
        bar: it must not fall below, or not exceed.
        is_least: whether the bar is a lower one.
        shown: how both are written.
    """

    what: str
    found: float
    bar: float
    is_least: bool
    shown: str

    @property
    def kept(self) -> bool:
        """Whether the number is on the right side; NaN is on neither."""
        return self.found >= self.bar if self.is_least else self.found <= self.bar

    def row(self) -> str:
        """Cells of a table: what, found, asked for, verdict."""
        side = "at least" if self.is_least else "at most"
        found, bar = self.shown.format(self.found), self.shown.format(self.bar)
        return f"{self.what} | {found} | {side} {bar} | {'kept' if self.kept else '**missed**'}"


def least(what: str, found: float, bar: float, shown: str) -> Judged:
    """The number must reach the bar."""
    return Judged(what, found, bar, is_least=True, shown=shown)


def most(what: str, found: float, bar: float, shown: str) -> Judged:
    """The number must not exceed the bar."""
    return Judged(what, found, bar, is_least=False, shown=shown)
