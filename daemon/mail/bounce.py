"""Bounces."""

from __future__ import annotations

from daemon.core.values import Address, Bounce
from daemon.mail.limits import Limits
from daemon.mail.structure import Structure


def find_bounce(
    data: bytes, structure: Structure, sender: Address | None, subject: str, text: str, limits: Limits
) -> Bounce | None:
    return None
