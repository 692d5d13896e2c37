"""What a mail teaches of the person who wrote it."""

from __future__ import annotations


def languages(known: str | None, other: str | None, written: str | None) -> tuple[str | None, str | None]:
    """The language a person is written to in, and that of their last mail if it is another; after one in ``written``.

    The first language that could be told is theirs. Another takes its place once two mails in a row, of those whose
    language could be told, were in it.
    """
    if written is None:
        return known, other
    if known is None or written in (known, other):
        return written, None
    return known, written
