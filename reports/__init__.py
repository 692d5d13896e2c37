"""For analysts: frames and figures from published views. Imports daemon.core and nothing else of the daemon."""
