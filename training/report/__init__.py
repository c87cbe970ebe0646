"""The page a person looks at after a run. Imports matplotlib and jinja2: the command line imports it late."""

from training.report.data import ReportData
from training.report.page import render_report

__all__ = ["ReportData", "render_report"]
