"""Metrics, calibration and what they are measured on."""
