"""Shared basics of all layers: ids, errors, config, clock, logging, metrics and translation."""
