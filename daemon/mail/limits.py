"""The caps that a mail must keep to be looked at (invariant 5). Past one of them it is kept raw and not parsed.

A header may have 16 KB and all of a part's headers 64 KB. Subject alone is bound only by the 64 KB: it is flat text,
read once from left to right, whereas the others have an inner structure that costs more than their length.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes unless the name says otherwise."""

    headers: int = 64 * 1024
    header: int = 16 * 1024
    header_count: int = 1000
    recipients: int = 500
    parts: int = 500
    depth: int = 30
    parameters: int = 100
    subject_characters: int = 998
    name_characters: int = 256
    address_characters: int = 320
    message_id_characters: int = 998
    references: int = 500
    attachment_name: int = 255
    html: int = 2 * 1024 * 1024
    html_depth: int = 200
    text_characters: int = 4 * 1024 * 1024
    bounce: int = 64 * 1024


DEFAULT = Limits()


class TooMuch(Exception):
    """A cap was passed; ``because`` says which."""

    def __init__(self, because: str, detail: str = "") -> None:
        super().__init__(because)
        self.because = because
        self.detail = detail
