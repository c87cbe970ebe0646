"""Threefold and its peers in one run: the same rows, split, columns and labels (`make bench-quality`)."""
