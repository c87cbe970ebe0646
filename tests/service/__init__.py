"""Tests of the service, on a tiny model with random weights."""
