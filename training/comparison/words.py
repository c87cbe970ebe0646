"""Numbers of a comparison for people."""

from training.comparison.measures import DECIMALS
from training.comparison.paired import Difference
from training.comparison.results import Comparison


def num_verdicts(comparison: Comparison) -> int:
    """Intervals that the page judges by: two a task and baseline."""
    return 2 * len(comparison.config.tasks) * len(comparison.rivals)


def difference_words(found: Difference) -> str:
    """The mean with the half width of the interval that decides, as far as they are known."""
    if found.mean is None:
        return "-"
    return f"{found.mean:+.{DECIMALS}f}" + (
        "" if found.half_width is None else f" ±\N{NO-BREAK SPACE}{found.half_width:.{DECIMALS}f}"
    )


def parts_words(found: Difference) -> str:
    """What the interval is made of; empty where it is not known."""
    seeds, rows = found.seeds_half_width, found.rows_half_width
    return "" if seeds is None or rows is None else f"seeds ± {seeds:.{DECIMALS}f}, rows ± {rows:.{DECIMALS}f}"


def duration_words(seconds: float) -> str:
    """A time for people."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
