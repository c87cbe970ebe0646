"""How every picture looks. Figures are made directly: no pyplot, no global state, no window system."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter, NullLocator

INK, FAINT, GRID = "#2b3440", "#7d8794", "#e6e9ed"
BAD = "#c8412f"
# Okabe and Ito's palette, darkened a little for white paper: told apart with any kind of colour vision.
COLOURS = ("#0a6ebd", "#d9660a", "#0b8f6b", "#a4508b", "#b8860b", "#3d9bd4", "#7a4b2a", "#5b5f97")
DASHES = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (5, 1.5, 1, 1.5)))


@dataclass(frozen=True)
class Picture:
    """A picture and its words.

    Attributes:
        title: what it is.
        source: the picture as a data URI.
        shows: how to read it, and what good looks like.
        found: what it says here.
    """

    title: str
    source: str
    shows: str
    found: str = ""


def new_axes(x_label: str, y_label: str, width: float = 4.2, height: float = 3.0) -> tuple[Figure, Axes]:
    """An empty picture with one pair of axes."""
    figure = Figure(figsize=(width, height), facecolor="white")
    figure.subplots_adjust(left=0.185, right=0.94, bottom=0.165, top=0.965)  # the same in all: pictures line up
    axes = figure.add_subplot()
    axes.set_xlabel(x_label, color=INK, fontsize=9.5)
    axes.set_ylabel(y_label, color=INK, fontsize=9.5)
    axes.tick_params(colors=INK, labelsize=9, length=3, color=FAINT)
    axes.grid(color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(FAINT)
    return figure, axes


def finished(figure: Figure, title: str, shows: str, found: str = "") -> Picture:
    """The picture as SVG inside a data URI: sharp at any size, and nothing to load."""
    buffer = BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    source = "data:image/svg+xml;base64," + b64encode(buffer.getvalue()).decode("ascii")
    return Picture(title, source, shows, found)


def add_legend(axes: Axes, columns: int = 1) -> None:
    """A quiet legend where it hides the least."""
    handles, _ = axes.get_legend_handles_labels()
    if handles:
        axes.legend(
            fontsize=8.5,
            frameon=True,
            framealpha=0.85,
            edgecolor="none",
            labelcolor=INK,
            ncols=columns,
            columnspacing=1,
            handlelength=1.6,
        )


def colour_of(index: int) -> str:
    """The colour of the n-th task or subnet, the same in all pictures."""
    return COLOURS[index % len(COLOURS)]


def count_steps(axes: Axes) -> None:
    """Steps along x, with thousands marked."""
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}" if value >= 0 else ""))
    axes.locator_params(axis="x", nbins=6, integer=True)


def scale_both(
    axes: Axes, low: float, high: float, log: bool, text: Callable[[float], str], ticks: list[float] | None = None
) -> None:
    """The same scale on both axes, and the diagonal on which prediction and truth agree."""
    axes.plot([low, high], [low, high], color=FAINT, linewidth=1, linestyle=(0, (4, 3)), label="perfect", zorder=1)
    for axis, set_scale, set_limits in (
        (axes.xaxis, axes.set_xscale, axes.set_xlim),
        (axes.yaxis, axes.set_yscale, axes.set_ylim),
    ):
        if log:
            set_scale("log")
            axis.set_major_locator(FixedLocator(ticks) if ticks else LogLocator(subs=(1.0, 2.0, 5.0), numticks=12))
            axis.set_minor_locator(NullLocator())
            axis.set_minor_formatter(NullFormatter())
        axis.set_major_formatter(FuncFormatter(lambda value, _: text(value)))
        set_limits(low, high)


def percent(value: float) -> str:
    """A share as a tick."""
    return f"{100 * value:.4g}%"
