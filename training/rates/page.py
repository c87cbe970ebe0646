"""The page of all sweeps: one HTML file that loads nothing."""

from datetime import datetime

from training.rates.picture import sweep_picture
from training.rates.snippet import toml_snippet
from training.rates.sweep import Sweeps
from training.rates.words import rate_text, verdict_words
from training.report.template import template
from training.telemetry.alarms.dead_units import LIMIT as ALARM_SHARE

TEMPLATE = "rates.html.jinja"


def render_page(name: str, sweeps: Sweeps, created_at: datetime) -> str:
    """The page as HTML, in the dress of the report."""
    return template("training.rates", TEMPLATE).render(
        name=name,
        sweeps=sweeps,
        created_at=created_at,
        pictures=[sweep_picture(sweep) for sweep in sweeps.subnets],
        snippet=toml_snippet(sweeps),
        rate_text=rate_text,
        verdict_words=verdict_words,
        alarm_share=f"{ALARM_SHARE:.0%}",
    )
