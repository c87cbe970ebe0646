"""Micro-batching: what waits to be predicted, and which of it is predicted next."""
