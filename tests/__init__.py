"""Tests, one package a side."""
