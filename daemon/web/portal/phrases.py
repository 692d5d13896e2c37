"""The words of the portal's pages in each language, and in which of them a visitor reads.

``portal/words/<language>.toml``; an operator's folder replaces single words or brings a language of its own. What a
language lacks is said in English.
"""

from __future__ import annotations

import re
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

from daemon.mail.templates import built_in_folder

FALLBACK = "en"
LONGEST_HEADER = 200
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]+)?")
_WANTED = re.compile(r" *([A-Za-z]{2,3}(?:-[A-Za-z]+)?)(?:-[A-Za-z0-9]+)* *(?:; *q *= *([01](?:\.[0-9]{0,3})?))? *")

Words = dict[str, Any]


def load(folder: Path | None) -> dict[str, Words]:
    """The words by language; an operator's ``folder`` comes before our own."""
    roots = [built_in_folder(), *([folder] if folder else [])]
    read: dict[str, Words] = {}
    for root in roots:
        for file in sorted((root / "portal" / "words").glob("*.toml")):
            if _LANGUAGE.fullmatch(file.stem):
                read[file.stem] = read.get(file.stem, {}) | tomllib.loads(file.read_text("utf-8"))
    return {language: read[FALLBACK] | words for language, words in read.items()}


def choose(known: dict[str, Words], chosen: str, accept: str, otherwise: str) -> str:
    """The language of a page: the one its reader chose, else the first that their browser asks for and we speak."""
    if chosen in known:
        return chosen
    wanted: list[tuple[float, int, str]] = []
    for at, part in enumerate(accept[:LONGEST_HEADER].split(",")):
        if found := _WANTED.fullmatch(part):
            wanted.append((-float(found[2] or 1), at, found[1]))
    for quality, _, language in sorted(wanted):
        for one in (language, language.partition("-")[0].lower()):
            if one in known and quality < 0:
                return one
    return next((one for one in (otherwise, otherwise.partition("-")[0]) if one in known), FALLBACK)


def instant(words: Words, there: datetime) -> str:
    """A local time as people read it."""
    return str(words["date"]).format(
        day=there.day, month=words["months"][there.month - 1], year=there.year, time=f"{there:%H:%M}"
    )
