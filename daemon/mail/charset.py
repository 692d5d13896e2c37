"""Bytes to text: the declared charset, then UTF-8, then a guess; never an error.

A declared charset counts only if it is a character encoding (Python also knows ``hex`` and ``idna``) and names are read
as browsers read them: ISO-8859-1 as Windows-1252, GB2312 as GB18030.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from functools import lru_cache

ALIASES = {
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "iso_8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "ansi_x3.4-1968": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "ks_c_5601": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "windows-874": "cp874",
    "big5": "big5hkscs",
    "unicode-1-1-utf-7": "utf-7",
    "x-unicode-2-0-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8",
    "cp-850": "cp850",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "x-macroman": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic",
    "x-user-defined": "cp1252",
}
NOT_TEXT = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem", "palmos"})
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:+-]{0,39}")
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
FOREIGN = re.compile(rb"[\x1b\x80-\xff]")
LINE_BREAK = re.compile("\r\n|[\r\x85\u2028\u2029]")
SAMPLE = 32 * 1024
FEWEST_TO_GUESS = 4
HIGH = bytes(range(128, 256))


@dataclass(frozen=True, slots=True)
class Decoded:
    text: str
    defect: str | None = None


@lru_cache(maxsize=256)
def codec(name: str) -> str | None:
    """The Python name of a charset, or None if it is no character encoding that we know."""
    name = name.strip().strip("\"'").lower()
    if not NAME.fullmatch(name):
        return None
    try:
        found = codecs.lookup(ALIASES.get(name, name))
    except (LookupError, ValueError):
        return None
    if not found._is_text_encoding or found.name.replace("-", "_") in NOT_TEXT:
        return None
    return found.name


def decode(data: bytes, declared: str = "") -> Decoded:
    """Return the text of ``data``; the defect names what was wrong with the declaration."""
    name = codec(declared) if declared else None
    defect = "charset-unknown" if declared and name is None else None
    if data.isascii() and name in (None, "utf-8", "cp1252") and b"\x1b" not in data:
        return Decoded(data.decode("ascii"), defect)
    if name is not None and (name != "cp1252" or not _valid_utf8(data)):
        try:
            return Decoded(data.decode(name))
        except (UnicodeError, ValueError):
            defect = "charset-wrong"
    try:
        if b"\x1b" not in data:
            return Decoded(data.decode("utf-8"), defect)
    except UnicodeDecodeError:
        pass
    return Decoded(_guess(data, name), defect or "charset-guessed")


def _valid_utf8(data: bytes) -> bool:
    """Whether bytes that claim to be Western are UTF-8: two thirds of such claims with these bytes are wrong."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _guess(data: bytes, declared: str | None) -> str:
    if declared is not None:
        text = data.decode(declared, "replace")
        broken = text.count("\ufffd")
        if broken <= 1 + sum(1 for byte in data[:SAMPLE] if byte > 127) // 20:
            return text
    if len(data) - len(data.translate(None, HIGH)) < FEWEST_TO_GUESS and b"\x1b" not in data:
        return data.decode(declared or "cp1252", "replace")
    import chardet  # dear in memory, and seldom needed

    guessed = chardet.detect(_sample(data)).get("encoding")
    name = codec(guessed) if isinstance(guessed, str) else None
    return data.decode(name or declared or "cp1252", "replace")


def _sample(data: bytes) -> bytes:
    """The lines that are not ASCII say which charset it is; a long mail has enough of them near the front."""
    if len(data) <= SAMPLE:
        return data
    foreign = FOREIGN.search(data)
    start = max(0, foreign.start() - SAMPLE // 2) if foreign else 0
    return data[start : start + SAMPLE]


def clean(text: str) -> str:
    """Text with LF as its line end and without control characters (tab aside) or halves of surrogate pairs."""
    if "\r" in text or "\x85" in text or "\u2028" in text or "\u2029" in text:
        text = LINE_BREAK.sub("\n", text)
    return CONTROL.sub("", text)


def clean_line(text: str) -> str:
    """The same as one line: every run of white space is one space."""
    return " ".join(CONTROL.sub(" ", text).split())
