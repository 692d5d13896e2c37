"""The content of one mail, as it arrives behind DATA.

Rules (invariant 20): the mail ends at CRLF.CRLF and nowhere else; a bare CR or LF is an ordinary byte, so no other
spelling of that end can smuggle in a second mail. One dot is taken from each line that begins with one (RFC 5321,
4.5.2), all other bytes stay as they came. Work is linear in the bytes however they are cut into pieces, and memory
is that of one copy: past the limit nothing more is kept, though the end is still looked for.
"""

from __future__ import annotations

import io

END = b"\r\n.\r\n"
DOT = b"\r\n."
LINE = b"\r\n"


class Content:
    """Collects one mail of at most ``limit`` bytes."""

    def __init__(self, limit: int) -> None:
        self.size = 0
        self._limit = limit
        self._kept = io.BytesIO()
        self._pending = LINE  # DATA follows a line end, which is no part of the mail
        self._foreign = len(LINE)

    @property
    def too_large(self) -> bool:
        return self.size > self._limit

    def feed(self, piece: bytes) -> bytes | None:
        """Take the next bytes; None while the mail goes on, else what came behind its end."""
        data = self._pending + piece
        end = data.find(END)
        if end >= 0:
            self._keep(data[: end + len(LINE)])
            self._pending = b""
            return data[end + len(END) :]
        cut = max(len(data) - len(END) + 1, 0)
        for back in (2, 1):  # never cut within the three bytes of DOT
            if cut >= back and data.startswith(DOT, cut - back):
                cut -= back
                break
        self._keep(data[:cut])
        self._pending = data[cut:]
        return None

    def _keep(self, data: bytes) -> None:
        if DOT in data:
            data = data.replace(DOT, LINE)
        if self._foreign:
            data, self._foreign = data[self._foreign :], max(self._foreign - len(data), 0)
        self.size += len(data)
        if not self.too_large:
            self._kept.write(data)
        elif self._kept.tell():
            self._kept = io.BytesIO()

    def value(self) -> bytes:
        """The mail. BytesIO hands out its own bytes here, so that a large mail is not copied."""
        return self._kept.getvalue()
