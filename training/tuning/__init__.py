"""Looks for better settings: trains the configuration again and again with other values, judged by its validation."""
