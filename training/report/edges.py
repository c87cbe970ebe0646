"""What crosses each edge of the task graph, and what its reader makes of it."""

from dataclasses import dataclass

from training.evaluation.edges import EdgeUse
from training.evaluation.interval import Interval
from training.report.data import ReportData


@dataclass(frozen=True)
class EdgeLine:
    """One edge for the table; cells are empty where there are too few rows.

    Attributes:
        use: its numbers.
        scrambled: the gain in parts of the loss.
        told: likewise.
        verdict: in words.
    """

    use: EdgeUse
    scrambled: str
    told: str
    verdict: str


def edge_lines(run: ReportData) -> list[EdgeLine]:
    """One an edge, in the order of the configuration."""
    return [
        EdgeLine(use, _parts_of_loss(use, use.scrambled), _parts_of_loss(use, use.told), _verdict_words(use))
        for use in run.edges
    ]


def edge_sentence(use: EdgeUse) -> str:
    """An edge in one line."""
    sentence = f"{use.read} -> {use.reader}: {_verdict_words(use)}"
    if use.told is None:
        return sentence
    told, scrambled = _parts_of_loss(use, use.told), _parts_of_loss(use, use.scrambled)
    return f"{sentence}; its loss when it is not told {told}, with the whole estimate scrambled {scrambled}"


def gain_label(use: EdgeUse) -> str:
    """What the reader has from being told, beside an arrow; a question mark where no use was shown."""
    return _percent(use.told.mean / use.loss) if use.verdict == "used" and use.told and use.loss else "?"


def _parts_of_loss(use: EdgeUse, gain: Interval | None) -> str:
    if gain is None or not use.loss:
        return ""
    mean, low, high = (_percent(value / use.loss) for value in (gain.mean, gain.low, gain.high))
    return f"{mean} ({low} to {high})"


def _verdict_words(use: EdgeUse) -> str:
    match use.verdict:
        case "used":
            return f"{use.reader} uses {use.read}'s {use.hands_on}"
        case "no use shown":
            return f"no use of {use.read}'s {use.hands_on} shown"
        case "too few rows":
            return f"too few validation rows to tell ({use.num_rows:,})"


def _percent(share: float) -> str:
    text = f"{share:+.2%}" if abs(share) < 0.0995 else f"{share:+.1%}"
    return text.removeprefix("-") if text == "-0.00%" else text
