"""Decisions. Values in, values out; the standard library only; no clock, no I/O, no randomness."""
