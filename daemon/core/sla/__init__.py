"""Promises to customers: what was promised, when it is due, and whether it was kept (METRICS in docs/promises.md)."""
