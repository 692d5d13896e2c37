"""Addresses as SMTP commands name them, coming in and going out.

By linear patterns: email's own parser is slow and raises anything on hostile ones, and aiosmtplib silently mends what
it is given. What matches holds no control character, no line end and no bracket, so that it stays one argument.
"""

from __future__ import annotations

import re

_LOCAL = r'(?:"(?:[^"\\\x00-\x1f\x7f\ud800-\udfff]|\\[ -~])*"|[^\s"@<>()\[\],;:\\\x00-\x1f\x7f\ud800-\udfff]+)'
_DOMAIN = r'(?:[^\s"@<>()\[\],;:\\\x00-\x1f\x7f\ud800-\udfff]+|\[[0-9A-Za-z.:]+\])'
_ADDRESS = rf"{_LOCAL}@{_DOMAIN}"
_NAMED = rf"{_ADDRESS}|(?i:postmaster)"  # the one address that needs no domain (RFC 5321, 4.5.1)

ADDRESS = re.compile(_ADDRESS)
PATH = re.compile(rf"(?:<(?:@[^\s<>:]+:)?({_NAMED})>|({_NAMED})|(<>))(?: (.*))?")


def is_address(text: str) -> bool:
    """Whether this can stand between the brackets of a command."""
    return ADDRESS.fullmatch(text) is not None


def read_path(argument: str) -> tuple[str, list[str]] | None:
    """Address (``<>`` for the null sender) and parameters of MAIL or RCPT; None if it is neither."""
    match = PATH.fullmatch(argument)
    if match is None or not (match[4] or "").isascii():
        return None
    return match[1] or match[2] or match[3], (match[4] or "").split()
