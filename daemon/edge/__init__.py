"""Talks mail: loops that may fail and are started again.

``smtp_in`` lets mail in by SMTP and LMTP, ``delivery`` takes it from the outbox to a relay (``relay``) or into a
Maildir (``maildir``). Nothing here decides what a mail means, and nothing here knows how it is stored: the ends are
the protocols ``Intake`` and ``Outbox``.
"""

from __future__ import annotations


class StartError(OSError):
    """A part cannot start: one sentence that names the cause and the cure."""
