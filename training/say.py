"""Lines for a person in the terminal."""

from rich.console import Console


def say(console: Console, line: str) -> None:
    """One line as it is: what it quotes is no markup, and it is not broken."""
    console.print(line, highlight=False, markup=False, soft_wrap=True)
