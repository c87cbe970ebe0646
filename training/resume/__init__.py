"""Training states: a run that was killed goes on where it was, to the same weights bit for bit (docs/resume.md)."""
