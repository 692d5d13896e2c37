"""Measurements beside limits and peers: ``bin/bench`` lists them, ``docs/measurements.md`` holds their figures."""
