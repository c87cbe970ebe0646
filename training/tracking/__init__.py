"""Runs, metrics and versions for the tools where teams look at them; the registry stays the truth."""
