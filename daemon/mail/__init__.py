"""Translates: bytes to values and values to bytes.

What comes in is hostile: nothing here raises on bytes, follows a reference, opens a file or reads a clock.
"""
