"""Benchmarks against comparable software; each module is a command that prints a table."""
