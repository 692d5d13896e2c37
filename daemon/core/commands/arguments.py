"""What follows a command's word, made plain: each kind of argument has one form, however it was typed.

A text stays as it was written, on one line. All else loses typographic characters, quotes around it (but for a search,
where they make a phrase, and tags, of which none has a blank in it) and a full stop behind it; addresses lose names,
brackets and ``mailto:``, tags and tickets their ``#``, and known values have one way to be written. Nothing is judged
here: what names nothing stays, for whoever looks it up to say so.
"""

from __future__ import annotations

import re

from daemon.core.commands.declared import SYNONYMS, Declaration
from daemon.core.typed import key, one_spaced, plain, unquoted

SEPARATOR = re.compile(r"\s*[:=：＝]?\s*")
_END = ".,;!"
_BRACKETS = re.compile(r"[<>()\[\],;\"]|\bmailto:", re.IGNORECASE)
_QUOTED = re.compile(r"""(["'])([^"']*)\1""")
_AND = frozenset({"and", "und", "&", "+"})


def normal(command: Declaration, written: str) -> str:
    """The argument as it is acted upon; '' where there is none."""
    kind = command.argument
    separator = SEPARATOR.match(written)
    raw = written[separator.end() if separator else 0 :]
    if kind in {"text", "note"}:
        return unquoted(one_spaced(raw))
    text = plain(raw)
    if kind == "none":
        text = text.strip(f"{_END}:? ")
        return "" if text.casefold() in _AND else text
    whole = _without_end(text, dates=kind in {"time", "away"})
    text = unquoted(whole)
    if kind == "view":
        return SYNONYMS[kind].get(key(text), whole)
    if kind == "addresses" or (kind == "person" and "@" in text.removeprefix("@")):
        return " ".join(_addresses(text))
    if kind == "tags":
        return " ".join(_tags(whole.casefold()))
    if kind == "tickets":
        return " ".join(_items(text, "#[]"))
    if kind == "team":
        return text.casefold()
    if kind == "person":
        text = text.removeprefix("@")
    return SYNONYMS.get(kind, {}).get(key(text), text)


def _without_end(text: str, *, dates: bool) -> str:
    """Without punctuation behind it, but for the full stop of ``1.12.``"""
    bare = text.rstrip(f"{_END} ")
    return f"{bare}." if dates and bare[-1:].isdigit() and text[len(bare) :].startswith(".") else bare


def _items(text: str, around: str) -> list[str]:
    """Single words in their order, each once."""
    words = (word.strip(f"{around}{_END}\"'") for word in text.replace(",", " ").replace(";", " ").split())
    return list(dict.fromkeys(word for word in words if word and word not in _AND))


def _tags(text: str) -> list[str]:
    """Tags in their order, each once; several words in quotes keep them, for together they would be one."""
    found: list[str] = []
    start = 0
    for quoted in _QUOTED.finditer(text):
        found += _items(text[start : quoted.start()], "#")
        for part in quoted[2].replace(";", ",").split(","):
            words = _items(part, "#")
            found += words if len(words) < 2 else [f'"{" ".join(words)}"']
        start = quoted.end()
    return list(dict.fromkeys([*found, *_items(text[start:], "#")]))


def _addresses(text: str) -> list[str]:
    """Addresses in their order, each once; words that are none stay where they do not name the address behind them."""
    found: list[str] = []
    names: list[str] = []
    for opener, word in _words(text):
        address = word.partition("?")[0].strip(f"{_END}'")
        if "@" not in address.strip("@"):
            names += [word] if word not in _AND else []
            continue
        if not opener:
            found += names
        found.append(address)
        names = []
    unique: dict[str, str] = {}
    for item in (*found, *names):
        unique.setdefault(item.casefold(), item)
    return list(unique.values())


def _words(text: str) -> list[tuple[bool, str]]:
    """Words without what encloses them, and whether a bracket opened before each: ``Name <address>``."""
    words, opened, start = [], False, 0
    for mark in [*_BRACKETS.finditer(text), None]:
        end = mark.start() if mark else len(text)
        for word in text[start:end].split():
            words.append((opened, word))
            opened = False
        if mark:
            start = mark.end()
            opened = mark[0] in "<[(" or (opened and mark[0].casefold() == "mailto:")
    return words
