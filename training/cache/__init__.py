"""Encoded rows on disk: a log is fitted and encoded once, and read as blocks of plain arrays from then on."""
