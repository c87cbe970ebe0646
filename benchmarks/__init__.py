"""Measurements: each prints a ratio or a table, and none is a test."""
