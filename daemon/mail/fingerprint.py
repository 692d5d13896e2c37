"""What makes a mail itself (invariant 4), without the desk it went to.

SHA-256 over From, To, Cc, Subject, Date, Message-ID and In-Reply-To as they stand (white space collapsed) and each
part's decoded bytes with line ends normalised. Received lines, boundaries and transfer encodings do not count, so
that a mail that came by two ways is one.
"""

from __future__ import annotations

import hashlib

from daemon.mail.structure import Header, every

FIELDS = ("from", "to", "cc", "subject", "date", "message-id", "in-reply-to")


class Fingerprint:
    """Fed with the headers, then with each part in order."""

    def __init__(self, headers: list[Header]) -> None:
        self._hash = hashlib.sha256()
        for name in FIELDS:
            for value in every(headers, name):
                line = b" ".join(value.split())
                self._hash.update(b"%s:%d:%s\n" % (name.encode("ascii"), len(line), line))

    def add(self, decoded: bytes) -> None:
        """One part. The size stands before the bytes, so that no two lists of parts give the same input."""
        if b"\r" in decoded:
            decoded = decoded.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        decoded = decoded.rstrip(b"\n")
        self._hash.update(b"part:%d:" % len(decoded))
        self._hash.update(decoded)

    def hexdigest(self) -> str:
        return self._hash.hexdigest()


def of_bytes(sha256: str) -> str:
    """The fingerprint of a mail that was not parsed: of all its bytes."""
    return hashlib.sha256(b"raw:" + sha256.encode("ascii")).hexdigest()
