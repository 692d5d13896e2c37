"""Which lines at the end of a mail are a signature and nothing else.

Below a delimiter (``-- ``) all is signature. Else it is made of closings ("Best regards"), what a phone adds ("Sent
from my phone"), the lines that the agent's own signature has, and, below a closing, short lines that read as a name, an
organisation or how to reach them. Thanks may be meant for the customer: they close only above the agent's own lines.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from daemon.core.typed import is_blank, plain

MOST_LINES = 15
LONGEST = 120
MOST_WORDS = 8

_DELIMITER = re.compile(r"-{1,3}|_{2,}|={3,}|\*{3,}")
_CLOSING = re.compile(
    r"(?:(?P<long>(?:with )?(?:my |our |many )?(?:best|kind|warm|kindest|warmest) (?:regards|wishes)|"
    r"yours (?:sincerely|faithfully|truly)|sincerely yours|all the best|rgds|"
    r"(?:mit )?(?:freundlichen?|besten?|herzlichen?|lieben?|vielen?|schönen?|sonnigen?) "
    r"(?:grüßen?|gruß|grüssen?|gruss|gruessen?)(?: aus [\w-]{1,30})?|mfg|lg|vg)|"
    r"(?P<short>best|(?:with )?regards|cheers|sincerely|yours|br|kr|grüße|grüsse|gruß|gruss|bg|hochachtungsvoll)|"
    r"(?P<thanks>(?:(?:many )?thanks|thank you)(?: (?:and|&) (?:best |kind )?regards)?|(?:vielen )?dank|danke))"
    r"(?:(?P<mark>[,.!;-]? ?)(?P<name>\S.*)?|[,.!;-]?)",
    re.IGNORECASE,
)
_DEVICE = re.compile(
    r"(?:sent (?:from|with|via|by|using) |get (?:the )?outlook |gesendet (?:von|mit|über|aus) |"
    r"holen sie sich outlook|outlook für |"
    r"envoyé de(?:puis)? |enviado des?de |inviato da|verzonden van)",
    re.IGNORECASE,
)
_WHOLLY_OF_DEVICE = re.compile(
    r"(?:diese nachricht wurde )?von mein\w{1,3} [\w .-]{1,40} (?:aus )?(?:gesendet|geschickt|versendet)\.?",
    re.IGNORECASE,
)
_REACH = re.compile(
    r"\S{1,60}@\S{1,60}|(?:https?://|www\.)\S{1,90}|"
    r"(?:(?:tel|phone|fon|telefon|mobile?|fax|t|m|f|e|w|web|e-?mail)\b[.:]? ?)?[+(]?[0-9][0-9 ()/.+-]{4,30}",
    re.IGNORECASE,
)
_SMALL = frozenset(
    "a an and at by de der des die du for from für i ihr ihre im in la le of team the und van vom von your "
    "desk helpdesk service support".split()
)
_WORD = re.compile(r"[\w.,&/|()'·•+@:-]{1,40}")
_SENTENCE = re.compile(r".*(?:[^\W\d_]{5}\.|[!?:])")


def signature_start(lines: Sequence[str], own: Iterable[str] = ()) -> int:
    """The index of the line at which a signature begins that goes on to the end; their number if there is none.

    ``own`` are the agent's configured signature and names.
    """
    known = frozenset(_folded(line) for text in own for line in text.split("\n")) - {""}
    end: list[int] = []
    for index in range(len(lines) - 1, -1, -1):
        if not is_blank(lines[index]):
            end.append(index)
        if len(end) == MOST_LINES:
            break
    end.reverse()
    shown = [plain(lines[index][: 2 * LONGEST]) for index in end]
    return next((at for i, at in enumerate(end) if _is_signature(shown[i:], known)), len(lines))


def _is_signature(lines: Sequence[str], own: Collection[str]) -> bool:
    """Whether lines that are not blank are a signature from the first to the last."""
    closed = False
    for at, line in enumerate(lines):
        if len(line) > LONGEST:
            return False
        if _DELIMITER.fullmatch(line):
            return all(len(below) <= LONGEST for below in lines[at:])
        if _folded(line) in own or _closes(line, lines[at + 1 :], own):
            closed = True
        elif not (_is_of_device(line) or (closed and _names(line))):
            return False
    return True


def _closes(line: str, below: Sequence[str], own: Collection[str]) -> bool:
    found = _CLOSING.fullmatch(line)
    if found is None:
        return False
    name = found["name"]
    if found["thanks"]:
        return _folded(name) in own if name else bool(below) and all(_folded(one) in own for one in below)
    if not name or _folded(name) in own:
        return True
    apart = found["mark"].strip() or (found["long"] and found["mark"])
    return bool(apart) and not name[0].islower() and _names(name)


def _is_of_device(line: str) -> bool:
    """ "Sent from my phone", but not a sentence that begins so."""
    if _WHOLLY_OF_DEVICE.fullmatch(line):
        return True
    return bool(_DEVICE.match(line)) and not line.endswith((".", "!", "?", ":"))


def _names(line: str) -> bool:
    """Whether a line reads as a name, an organisation or a way to reach them."""
    if _REACH.fullmatch(line):
        return True
    words = line.split()
    if len(words) > MOST_WORDS or _SENTENCE.fullmatch(line) or not all(map(_WORD.fullmatch, words)):
        return False
    small = [word for word in words if word[0].islower() and word.casefold().strip(".,") not in _SMALL]
    return not small or len(words) == 1


def _folded(line: str) -> str:
    return plain(line[: 2 * LONGEST]).casefold().strip(" ,.;-")
