"""Plain characters out of what phones, word processors and input methods make of them.

Autocorrection sets typographic quotes and dashes, copying brings spaces that do not break and characters that nobody
sees, an input method writes ASCII at full width. Each function is total, and linear in the length of its text.
"""

from __future__ import annotations

import re
import unicodedata

INVISIBLE = "\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufe0e\ufe0f\ufeff"
"""Characters that nobody sees, for a class of a pattern."""

_SPACES = {*range(0x09, 0x0E), *range(0x1C, 0x20), 0x85}
_NOISE = {*range(0x20), *range(0x7F, 0xA0), 0xAD, 0x180E, 0x200B, 0x2060, 0xFEFF} - _SPACES
# These belong to the spelling of some scripts and pictures.
_JOINERS = {*range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFE0E, 0xFE0F}
_DOUBLE, _SINGLE = '"“”„‟«»″〝〞', "'‘’‚‛‹›′`´"
_WITHOUT_NOISE = dict.fromkeys(_NOISE)
_VISIBLE = dict.fromkeys(_NOISE | _JOINERS)
_PLAIN: dict[int, str | None] = {
    **_VISIBLE,
    **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},
    **dict.fromkeys(map(ord, _DOUBLE), '"'),
    **dict.fromkeys(map(ord, _SINGLE), "'"),
    **dict.fromkeys(map(ord, "‐‑‒–—―−"), "-"),
    ord("﹟"): "#",
    ord("…"): "...",
}
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_LONGEST_WORD = 60


def one_spaced(text: str) -> str:
    """The text on one line with single blanks, without control characters and stray invisible ones."""
    return " ".join(text.translate(_WITHOUT_NOISE).split())


def plain(text: str) -> str:
    """One-spaced, with ASCII's own quotes, dashes, dots and letters: for what is no prose."""
    return " ".join(text.translate(_PLAIN).split())


def is_blank(text: str) -> bool:
    """Whether there is nothing to see."""
    return not text.translate(_VISIBLE).strip()


def unquoted(text: str) -> str:
    """Without the pair of quotes that encloses the whole, of whatever kind."""
    for quotes in (_DOUBLE, _SINGLE):
        inner = text[1:-1]
        if len(text) > 1 and text[0] in quotes and text[-1] in quotes and not any(one in quotes for one in inner):
            return inner.strip()
    return text


def folded(text: str) -> str:
    """Plain, in lower case, with ``ae`` for ``ä``: so one word has one spelling. For short texts."""
    return unicodedata.normalize("NFKC", plain(text)).casefold().translate(_UMLAUTS)


def key(word: str) -> str:
    """The form in which spellings of a word are equal: as ``folded``, and hyphens, underscores and blanks do not count.

    Empty for what is longer than any word of ours.
    """
    return re.sub(r"[-_\s]", "", folded(word)) if len(word) <= _LONGEST_WORD else ""
