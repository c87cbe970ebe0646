"""Finds a learning rate for each subnet: one short sweep each."""
