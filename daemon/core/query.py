"""What may be asked of the search, as people write it.

Words that must all occur somewhere in a ticket, in any order: ``printer toner``. ``"paper jam"`` are words in a row,
``print*`` a word that begins so, ``-toner`` one that must not occur. ``from:`` looks at the requester's name and
addresses alone, ``subject:`` at subjects; ``tag:`` and ``status:`` at these as they are. Case and diacritics are the
same. A word with signs in it, such as ``AB-1042``, is its parts in a row; a colon after another word is a sign like
others. An open quotation mark reaches to the end, and of one letter no word begins: it is one. Every text is either
read or answered by a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from daemon.core import folding
from daemon.core.status import STATUSES

Place = Literal["anywhere", "from", "subject", "tag", "status"]
PLACES: dict[str, Place] = {"from": "from", "subject": "subject", "tag": "tag", "status": "status"}
LONGEST = 1_000
MOST_TERMS = 20
SHORTEST_BEGINNING = 2

_TERM = re.compile(
    r'(?P<not>-?)(?:(?P<place>from|subject|tag|status):)?(?:"(?P<phrase>[^"]*)"|(?P<word>[^\s"]+))(?P<star>\*?)', re.I
)


class SearchError(ValueError):
    """A search that cannot be read; a sentence that says why and what to write."""


class NoStatus(SearchError):
    """A search for a status that there is not: ``status``."""

    def __init__(self, status: str) -> None:
        super().__init__(f"“{status}” is no status; after status: write one of {', '.join(STATUSES)}")
        self.status = status


class NoWords(SearchError):
    """A search of signs alone."""


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that must hold, or must not (``negated``).

    ``words`` stand in a row, the last one only begins so if ``beginning``; of a tag or status there is one, as it is.
    """

    words: tuple[str, ...]
    place: Place = "anywhere"
    beginning: bool = False
    negated: bool = False


def parse(text: str) -> tuple[Term, ...]:
    """The terms of a search, one or more, in their order; SearchError with a sentence."""
    if len(text) > LONGEST:
        raise SearchError(f"the search has {len(text):,} characters; write at most {LONGEST:,}")
    if text.count('"') % 2:
        text += '"'
    terms = tuple(dict.fromkeys(term for found in _TERM.finditer(text) if (term := _term(found)) is not None))
    if not terms:
        raise NoWords("there is no word to look for; write one such as printer")
    if len(terms) > MOST_TERMS:
        raise SearchError(f"the search has {len(terms)} words; write at most {MOST_TERMS}")
    return terms


def stands(term: Term, words: Sequence[str]) -> bool:
    """Whether a term's words stand in a row in a text's (``folding.words``)."""
    *whole, last = term.words
    for at in range(len(words) - len(whole)):
        if list(words[at : at + len(whole)]) == whole:
            there = words[at + len(whole)]
            if there.startswith(last) if term.beginning else there == last:
                return True
    return False


def _term(found: re.Match[str]) -> Term | None:
    """A term; None for signs without a word."""
    place = PLACES.get((found["place"] or "").casefold(), "anywhere")
    negated = bool(found["not"])
    phrase, word = found["phrase"], found["word"]
    text = (word if phrase is None else phrase).strip()
    if place == "status":
        return Term((_status(text),), place, negated=negated)
    if place == "tag":
        if not text:
            raise SearchError("after tag: stands no tag; write one such as tag:billing")
        return Term((text,), place, negated=negated)
    words = folding.words(text)
    if not words:
        if place != "anywhere":
            raise SearchError(f"after {place}: stands no word; write one such as {place}:printer")
        return None
    begins = bool(found["star"]) or (phrase is None and text.endswith("*"))
    last = words[-1]
    if folding.is_unspaced(last):
        begins = not (len(words) > 1 and folding.is_unspaced(words[-2]) and words[-2][1:] == last)
        if not begins:  # the pair before it says as much, and more may follow in the text
            words.pop()
    elif len(last) < SHORTEST_BEGINNING:
        begins = False
    return Term(tuple(words), place, begins, negated)


def _status(text: str) -> str:
    status = text.casefold().replace("-", "_")
    if status not in STATUSES:
        raise NoStatus(text)
    return status
