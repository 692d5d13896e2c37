"""``counterfoil demo``: a sandbox in which a customer and an agent exchange real mail; none leaves."""

from __future__ import annotations


def demo() -> None:
    """Play a whole conversation through a running daemon in a temporary folder, and show each step.

    Example: counterfoil demo
    """
    from daemon.demo import play

    play()
