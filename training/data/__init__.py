"""Logs: where they are, how they are read, cut in time, typed and batched."""
