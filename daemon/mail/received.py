"""Where in the headers the words of our own host end and those of strangers begin.

Each server writes its Received on top of what it was given: what stands above the topmost one of our host was written
by it or behind it, and all else may be anybody's. The search errs upwards: any Received in which our host stands behind
a "by", even within a comment, ends the trusted part, so that no odd HELO name can hide the true one. Passed over are
only those of a delivery on the host itself (``with LMTP``), if they are in perfect order: Postfix receives and checks,
and Dovecot, to which it hands over, writes its own on top.
"""

from __future__ import annotations

import re

from daemon.mail.headers import unfold
from daemon.mail.structure import Header

_COMMENT = re.compile(r"\([^()\\\"]*\)")
_DELIVERY = re.compile(
    r"from\s+[^\s()]+\s+by\s+([^\s()]+)\s+with\s+LMTP(?:S|A|SA)?(?=[\s;])(?:(?!\bby\b).)*", re.I | re.S
)


def above(headers: list[Header], host: str) -> list[Header] | None:
    """The headers above the topmost Received of ``host`` (``.domain`` = any below it); None if there is no such."""
    for position, (name, value) in enumerate(headers):
        if name == "received" and _ends_trust(value, host):
            return headers[:position]
    return None


def _ends_trust(value: bytes, host: str) -> bool:
    text = unfold(value).decode("latin-1")
    name = rf"(?:[\w-]+\.)*[\w-]+{re.escape(host)}" if host.startswith(".") else re.escape(host)
    if not re.search(rf"\bby\s+{name}(?![\w-]|\.\w)", text, re.I):
        return False
    bare = _COMMENT.sub(" ", text).strip()
    delivered = _DELIVERY.fullmatch(bare)
    return delivered is None or not re.fullmatch(name, delivered[1], re.I) or "(" in bare or ")" in bare
