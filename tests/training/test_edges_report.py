"""Edges on the page and in the terminal: said in words, and a use claimed only where it was shown."""

import io

import pytest
from rich.console import Console

from models.heads import Edge
from tests.training.test_report import MODEL, Page, report_data, world
from training.evaluation.edges import EdgeUse
from training.evaluation.interval import Interval
from training.report import ReportData, render_report
from training.report.edges import edge_lines, edge_sentence
from training.report.graph import draw_graph
from training.report.words import edge_words
from training.terminal import print_edges

USED = EdgeUse(
    "dwell", "click", "output", 2_400, 0.8, 0.93, Interval(0.04, 0.032, 0.048), Interval(0.008, 0.004, 0.012)
)
UNUSED = EdgeUse(
    "conversion", "click", "prediction", 2_400, 0.5, 0.99, Interval(0.01, 0.005, 0.015), Interval(0.0, -0.001, 0.001)
)
FEW = EdgeUse("conversion", "dwell", "representation", 37)
ALL = [USED, UNUSED, FEW]


@pytest.fixture(scope="module")
def run() -> ReportData:
    return report_data(world(2_000), edges=ALL)


def test_the_page_has_a_row_an_edge(run: ReportData) -> None:
    page = Page(render_report(run))
    assert "edges" in page.ids
    assert "dwell uses click's output" in page.text
    assert "no use of click's prediction shown" in page.text
    assert "too few validation rows to tell (37)" in page.text
    assert "+1.00% (+0.50% to +1.50%)" in page.text  # told, in parts of the loss
    assert "+5.00% (+4.00% to +6.00%)" in page.text  # scrambled
    assert "threefold compare answers it" in page.text


def test_a_page_without_measured_edges_has_no_such_table(run: ReportData) -> None:
    page = Page(render_report(report_data(world(2_000))))
    assert "edges" not in page.ids
    assert "click's output (stop-gradient)" in page.text


def test_a_scramble_alone_claims_nothing() -> None:
    (line,) = edge_lines(report_data(world(2_000), edges=[UNUSED]))
    assert UNUSED.scrambled is not None
    assert UNUSED.scrambled.excludes_zero
    assert line.verdict == "no use of click's prediction shown"


def test_arrows_carry_what_was_shown() -> None:
    arrows = draw_graph(MODEL, ALL).arrows
    assert [arrow.label for arrow in arrows if arrow.kind != "observed"] == ["+1.00%", "?", "?"]
    assert all(not arrow.label for arrow in arrows if arrow.kind == "observed")
    assert all(not arrow.label for arrow in draw_graph(MODEL).arrows)
    assert draw_graph(MODEL, ALL).width > draw_graph(MODEL).width


def test_the_terminal_has_a_line_an_edge() -> None:
    written = io.StringIO()
    print_edges(Console(file=written, width=60), ALL)
    assert written.getvalue().splitlines() == [f"edge: {edge_sentence(use)}" for use in ALL]
    assert edge_sentence(USED) == (
        "click -> dwell: dwell uses click's output; its loss when it is not told +1.00% (+0.50% to +1.50%), with the "
        "whole estimate scrambled +5.00% (+4.00% to +6.00%)"
    )
    assert edge_sentence(FEW) == "dwell -> conversion: too few validation rows to tell (37)"


def test_an_edge_in_words() -> None:
    assert edge_words(Edge(task="click")) == "click's output (stop-gradient)"
    assert edge_words(Edge(task="click", hands_on="prediction", stop_gradient=False, teacher_forcing_steps=2_000)) == (
        "click's prediction (its loss also trains that head; its label instead at first, less and less often until "
        "step 2,000)"
    )
