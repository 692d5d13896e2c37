"""Talks HTTP. Nothing is decided here; a page acts on POST alone, so that no link scanner changes anything."""
