"""Text as it is searched: words without case and diacritics, the same of what is kept and of what is asked for.

A word is a run of letters and digits, so ``anna.meier@example.com`` is four. Scripts that put no blanks between words
(Chinese, Japanese, Thai and its neighbours) become pairs of signs that overlap, and a last sign alone: 東京都 is 東京,
京都, 都; any part of such a run is then found as a phrase.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

LONGEST_TEXT = 100_000
MOST_WORDS = 16_000
LONGEST_WORD = 64
"""More of a text is not looked at, in characters and in words; a longer run of letters is several words. PostgreSQL
holds 1 MB of words, and 16,383 places."""

# Thai and Lao, Burmese, Khmer; Japanese kana and marks; Chinese
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
)
_RUN = re.compile(rf"[{_UNSPACED}]+|[^\W_{_UNSPACED}]{{1,{LONGEST_WORD}}}")
_ASCII_RUN = re.compile(rf"[a-z0-9]{{1,{LONGEST_WORD}}}")
_FIRST_UNSPACED = "\u0e00"
_MARKS = re.compile("[\u0300-\u036f\u0591-\u05c7\u064b-\u0652\u0670]+")
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"})
"""Letters whose stroke or form is no mark that Unicode could take away."""


def fold(text: str) -> str:
    """A text without case, diacritics and forms of writing (full width, ligatures); at most ``LONGEST_TEXT`` long."""
    text = text[:LONGEST_TEXT]
    if text.isascii():
        return text.lower()
    bare = _MARKS.sub("", unicodedata.normalize("NFKD", text.casefold()))
    return unicodedata.normalize("NFC", bare).casefold().translate(_LETTERS)[:LONGEST_TEXT]


def words(text: str) -> list[str]:
    """The words of a text in their order."""
    folded = fold(text)
    if folded.isascii():
        return _ASCII_RUN.findall(folded)[:MOST_WORDS]
    found = _RUN.findall(folded)[:MOST_WORDS]
    if max(folded) < _FIRST_UNSPACED:
        return found
    return [word for run in found for word in _of_run(run)][:MOST_WORDS]


def is_unspaced(word: str) -> bool:
    """Whether a word is of a script that puts no blanks between words."""
    return _IS_UNSPACED.match(word) is not None


def _of_run(run: str) -> Iterator[str]:
    if not is_unspaced(run):
        yield run
        return
    for at in range(len(run)):
        yield run[at : at + 2]
