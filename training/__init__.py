"""Offline work: logs, training, evaluation and reports."""
