"""Servers that ours is compared with; each is started as `python -m`, in the environment of its library."""
