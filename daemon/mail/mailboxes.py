"""Address headers: From, To, Cc, Reply-To (RFC 5322 with its obsolete forms), read once from left to right.

Encoded words are decoded after the structure is known, so that a name can never become an address. Only an address that
can be answered is kept: a local part and a domain, no white space, no second ``@`` and nothing that another program
would read as markup; the local part loses quotes that it does not need, the domain its trailing dot and upper case.
``ambiguous`` says that two sound programs may read two different authors out of the same text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from daemon.core.values import Address
from daemon.mail.charset import clean_line
from daemon.mail.headers import decode_words
from daemon.mail.limits import Limits

PLAIN = re.compile(r"[^\s\"(),:;<>@\[\\]+")
QUOTED = re.compile(r'[^"\\]+')
COMMENT = re.compile(r"[^()\\]+")
LOCAL = re.compile(r"[^\s\x00-\x20\x7f-\x9f\"(),:;<>@\[\]\\]+")
DOMAIN = re.compile(r"[^\W_](?:[\w-]{0,62}(?:\.[\w-]{1,63}){0,30})")
LITERAL = re.compile(r"\[(?:IPv6:)?[0-9A-Fa-f.:]{3,45}\]", re.IGNORECASE)
SPACE = ("space", " ")
UPPER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


@dataclass(slots=True)
class Mailboxes:
    """The usable addresses; how many there were, usable or not; and what was wrong."""

    addresses: list[Address] = field(default_factory=list)
    count: int = 0
    ambiguous: bool = False
    unusable: bool = False


@dataclass(slots=True)
class _Item:
    """What stands between two commas: words (kind, text) before, inside and after the angle brackets."""

    before: list[tuple[str, str]] = field(default_factory=list)
    inside: list[tuple[str, str]] | None = None
    after: list[tuple[str, str]] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    angles: int = 0
    broken: bool = False

    def empty(self) -> bool:
        return not self.before and self.inside is None and not self.comments


def read_mailboxes(text: str, limits: Limits) -> Mailboxes:
    """Read an unfolded header (``headers.as_text``), encoded words still in place."""
    found = Mailboxes()
    for item in _items(text):
        found.count += 1
        if found.count > limits.recipients:
            break
        _add(found, item, limits)
    return found


def _items(text: str) -> list[_Item]:
    items: list[_Item] = []
    item = _Item()
    where = item.before
    position, length = 0, len(text)
    while position < length:
        character = text[position]
        if character == '"':
            word, position, closed = _until(text, position + 1, QUOTED, '"')
            where.append(("quoted", word))
            item.broken |= not closed
        elif character == "(":
            word, position, closed = _comment(text, position + 1)
            item.comments.append(word)
            item.broken |= not closed
            if where and where[-1] != SPACE:
                where.append(SPACE)
        elif character == "<":
            item.angles += 1
            if item.inside is None:
                item.inside = []
            where = item.inside
            position += 1
        elif character == ">":
            item.broken |= where is not item.inside
            where = item.after
            position += 1
        elif character in ",;" and not (character == "," and where is item.inside and "@" in _plain(where)[:1]):
            if not item.empty():
                items.append(item)
            item = _Item()
            where = item.before
            position += 1
        elif character == ":":
            if where is item.before and "@" not in _plain(where):
                item = _Item()
                where = item.before
            elif where is item.inside and item.inside is not None:
                item.inside.clear()
            else:
                where.append(("other", ":"))
            position += 1
        elif character == "@":
            where.append(("at", "@"))
            position += 1
        elif character == "[":
            stop = text.find("]", position)
            stop = length if stop < 0 else stop + 1
            where.append(("literal", text[position:stop]))
            position = stop
        elif character.isspace():
            if where and where[-1] != SPACE:
                where.append(SPACE)
            position += 1
        else:
            match = PLAIN.match(text, position)
            word = match[0] if match else character
            where.append(("plain" if match else "other", word))
            position += len(word)
    if not item.empty():
        items.append(item)
    return items


def _plain(words: list[tuple[str, str]]) -> list[str]:
    return [text for _, text in words]


def _until(text: str, position: int, run: re.Pattern[str], closing: str) -> tuple[str, int, bool]:
    kept: list[str] = []
    while position < len(text):
        character = text[position]
        if character == closing:
            return "".join(kept), position + 1, True
        if character == "\\":
            kept.append(text[position + 1 : position + 2])
            position += 2
            continue
        match = run.match(text, position)
        if match is None:
            break
        kept.append(match[0])
        position = match.end()
    return "".join(kept), len(text), False


def _comment(text: str, position: int) -> tuple[str, int, bool]:
    kept: list[str] = []
    depth = 1
    while position < len(text):
        character = text[position]
        if character == "\\":
            kept.append(text[position + 1 : position + 2])
            position += 2
            continue
        if character in "()":
            depth += 1 if character == "(" else -1
            position += 1
            if depth == 0:
                return "".join(kept), position, True
            kept.append(character)
            continue
        match = COMMENT.match(text, position)
        if match is None:
            break
        kept.append(match[0])
        position = match.end()
    return "".join(kept), len(text), False


def _add(found: Mailboxes, item: _Item, limits: Limits) -> None:
    if item.inside is None:
        words, several = _bare(item.before)
        name = _name(item.comments)
        found.ambiguous |= several
    else:
        words = [word for word in item.inside if word != SPACE]
        name = _name([_phrase(item.before)]) or _name(item.comments)
        found.ambiguous |= item.angles > 1 or any(kind == "at" for kind, _ in item.after)
    found.ambiguous |= item.broken and any(
        mark in text for text in (*item.comments, *_plain(item.before), *_plain(item.inside or [])) for mark in "@<"
    )
    address = _address(words, limits)
    if address is None:
        found.unusable = True
    else:
        found.addresses.append(Address(name[: limits.name_characters].rstrip(), address))


def _bare(words: list[tuple[str, str]]) -> tuple[list[tuple[str, str]], bool]:
    """The words of an address without angle brackets, and whether there is more than one way to read them."""
    at = [index for index, (kind, _) in enumerate(words) if kind == "at"]
    if len(at) != 1:
        return [], len(at) > 1
    start = stop = at[0]
    if words[start - 1 : start] == [SPACE]:
        start -= 1
    while start > 0 and words[start - 1] != SPACE:
        start -= 1
    if words[stop + 1 : stop + 2] == [SPACE]:
        stop += 1
    while stop + 1 < len(words) and words[stop + 1] != SPACE:
        stop += 1
    return [word for word in words[start : stop + 1] if word != SPACE], False


def _phrase(words: list[tuple[str, str]]) -> str:
    return "".join(text for _, text in words)


def _name(texts: list[str]) -> str:
    for text in texts:
        name = clean_line(decode_words(text))
        if len(name) > 1 and name[0] == name[-1] and name[0] in "'\"":
            name = name[1:-1].strip()
        if name:
            return name
    return ""


def _address(words: list[tuple[str, str]], limits: Limits) -> str | None:
    """``local@domain`` in its one form, or None where no mail can be sent to it."""
    kinds = [kind for kind, _ in words]
    if kinds.count("at") != 1 or "other" in kinds:
        return None
    at = kinds.index("at")
    local = "".join(_plain(words[:at]))
    domain = "".join(_plain(words[at + 1 :]))
    if "literal" in kinds[:at] or "quoted" in kinds[at:]:
        return None
    if "literal" in kinds[at:]:
        if not LITERAL.fullmatch(domain):
            return None
    else:
        domain = domain.removesuffix(".").translate(UPPER)
        if not DOMAIN.fullmatch(domain):
            return None
    address = f"{local}@{domain}"
    if not LOCAL.fullmatch(local) or clean_line(address) != address or len(address) > limits.address_characters:
        return None
    if not address.isascii() and address.casefold().isascii():
        return None  # a long s or a Kelvin sign that would pass for another address
    return address
