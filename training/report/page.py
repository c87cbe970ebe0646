"""Puts the page together: one HTML file that loads nothing."""

from typing import Any

from training.history import History
from training.report.between_tasks import between_tasks_pictures
from training.report.data import ReportData
from training.report.edges import edge_lines
from training.report.graph import BOX_HEIGHT, BOX_WIDTH, draw_graph
from training.report.headline import headlines
from training.report.heads import head_sections
from training.report.losses import SHOWS, loss_pictures
from training.report.measures import GOAL_TEXTS, MEASURES
from training.report.notes import notes
from training.report.sigmas import learned_sigmas
from training.report.slices import slice_tables
from training.report.telemetry import telemetry_pictures
from training.report.template import REPORT, template
from training.report.unseen import UNSEEN_SHOWS, new_words, unseen_tables
from training.report.weights import weight_pictures
from training.report.words import task_words, trunk_words

TEMPLATE = "report.html.jinja"


def render_report(run: ReportData) -> str:
    """The page as HTML; every name and value of the user's is escaped."""
    return template(REPORT, TEMPLATE).render(
        run=run,
        headlines=headlines(run),
        notes=notes(run),
        training=_training(run, run.history) if run.history is not None else None,
        heads=head_sections(run),
        slice_tables=slice_tables(run),
        unseen_tables=unseen_tables(run),
        unseen_shows=UNSEEN_SHOWS,
        new_words=new_words(run.model, list(run.measured(run.model.tasks[0]).unseen)),
        graph=draw_graph(run.model, run.edges),
        edges=edge_lines(run),
        box=(BOX_WIDTH, BOX_HEIGHT),
        trunk_words=trunk_words(run.model),
        task_words={task.name: task_words(task) for task in run.model.tasks},
        null_shares=_null_shares(run),
        goal_texts=GOAL_TEXTS,
        glossary=_glossary(run),
    )


def _training(run: ReportData, history: History) -> dict[str, Any]:
    tasks = [task.name for task in run.model.tasks]
    return {
        "facts": _facts(history),
        "losses_show": SHOWS,
        "losses": loss_pictures(history, tasks),
        "weights": weight_pictures(history, tasks, run.weighting),
        "sigmas": learned_sigmas(run, history),
        "telemetry": telemetry_pictures(history),
        "between_tasks": between_tasks_pictures(history, tasks),
    }


def _facts(history: History) -> str:
    facts = [f"{history.num_steps:,} steps over {history.num_rows:,} rows"]
    if history.seconds > 0:
        minutes, seconds = divmod(round(history.seconds), 60)
        facts.append(f"{minutes:,} min {seconds} s" if minutes else f"{seconds} s")
        facts.append(f"{history.num_rows / history.seconds:,.0f} rows/s")
        facts.append(f"{history.waited_seconds / history.seconds:.0%} of the time waiting for data")
    if history.computed_by:
        facts.append(f"on {history.computed_by}")
    return ", ".join(facts)


def _null_shares(run: ReportData) -> list[tuple[str, float]]:
    """Features with missing values, the worst first."""
    found = [(feature, share) for feature, share in run.null_shares.items() if share > 0]
    return sorted(found, key=lambda item: -item[1])


def _glossary(run: ReportData) -> list[tuple[str, str]]:
    """Measures of the kinds that occur, each once."""
    measured = [run.measured(task) for task in run.model.tasks]
    return list(
        {
            measure.title: measure.meaning
            for task in measured
            for measure in MEASURES[task.kind]
            if task.num_observed == 0 or measure.key in task.metrics
        }.items()
    )
