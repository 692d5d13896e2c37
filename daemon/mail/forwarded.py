"""The mail that somebody passes on: attached as it was, or below a block of headers that a mail program wrote.

A scanner over lines, each of which is looked at a bounded number of times. What it finds is *certain* only if

- the one attached mail has one author, a person, and no other forwarded mail stands in the text; or
- the subject says Fwd, exactly one block of headers stands in the text, its From holds exactly one sound address, and
  what stands above it is the forwarder's own: no quoted words, no line of dashes, no labelled address. So nothing that
  the forwarded mail says itself can pass for its head.

Anything else is a best guess. Nothing here knows who the addresses belong to.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from daemon.core.values import Address, Forwarded, Mail
from daemon.mail import phrases
from daemon.mail.charset import clean_line
from daemon.mail.headers import instant
from daemon.mail.language import detect
from daemon.mail.limits import DEFAULT
from daemon.mail.mailboxes import read_mailboxes
from daemon.mail.text import split_reply

LONGEST = 400_000
LONGEST_LINE = 600
HEAD_LINES = 16
MOST_BLOCKS = 20
FEWEST_KINDS = 3
LINES_OF_A_GUESS = 6

_QUOTE = re.compile(r"[ \t]*(?:>[ \t]?){0,8}")
_ADDRESS = re.compile(r"[^\s<>()\[\]\"',;:|]{1,64}@[^\s<>()\[\]\"',;:|]{1,255}")
_CONTINUES = re.compile(r"[ \t]|<|\[mailto:", re.IGNORECASE)
_RULE = re.compile(r"\s{0,8}[-_=*─—]{5,}")
_ONLY_A_RULE = re.compile(r"[-_=*─— ]{3,}")
_LABELLED = re.compile(r"[^:：]{1,40}[:：].{0,400}@")
_ZONE = re.compile(r"[+-]\d{4}|\b(?:GMT|UTC)\b")
_TITLE = re.compile(
    r"\s{0,4}[*_]{0,3}\s{0,2}([^\s*_:：<>@\d][^*_:：<>@\d]{0,22}?)\s{0,2}[*_]{0,3}\s?[:：]\s{0,4}[*_]{0,3}"
)


@dataclass(slots=True)
class _Block:
    """A block of headers: lines ``start`` to before ``end``, quoted ``level`` times, and its values by kind."""

    start: int
    end: int
    level: int
    values: dict[str, str] = field(default_factory=dict)


def says_forwarded(subject: str) -> bool:
    """Whether a subject begins with Fwd:, WG:, TR: or the like."""
    return phrases.FORWARD_PREFIX.match(subject[:200]) is not None


def find_forwarded(subject: str, text: str, attached: Sequence[Mail] = (), *, is_one: bool = True) -> Forwarded | None:
    """The mail that is passed on, or None; ``attached`` are the mails in it, ``is_one``: there is one alone."""
    text = text[:LONGEST]
    says_so = says_forwarded(subject)
    lines = [line[:LONGEST_LINE] for line in text.split("\n")]
    marks = [at for at, line in enumerate(lines) if _announces(line)]
    if not (says_so or marks or attached):
        return None
    blocks = _blocks(lines) if says_so or marks else []
    if attached:
        return _attached(attached, text, alone=is_one and not blocks and not marks)
    if blocks:
        return _inline(subject, text.split("\n"), blocks, may_be_certain=says_so and len(marks) <= 1)
    return _guess(subject, lines, marks)


def _announces(line: str) -> bool:
    """Whether a line says that a forwarded mail follows; nearly every line can be passed over at a glance."""
    bare = line.strip(" \t>")
    if bare[:2] not in ("--", "__", "==", "**") and bare[-1:] not in (":", "："):
        return False
    return phrases.FORWARD_LINE.fullmatch(bare) is not None


def _attached(mails: Sequence[Mail], text: str, *, alone: bool) -> Forwarded:
    first, *others = (_of_mail(mail) for mail in mails)
    sure = alone and first.certain
    return replace(first, certain=sure, above=_own_words(text), others=tuple(others))


def _of_mail(mail: Mail) -> Forwarded:
    return Forwarded(
        mail.sender or Address(mail.from_text, ""),
        mail.subject,
        mail.reply_text,
        mail.message_id,
        mail.date,
        attached=True,
        certain=mail.sender is not None and mail.automatic is None,
        language=mail.language,
    )


def _inline(subject: str, lines: list[str], blocks: list[_Block], *, may_be_certain: bool) -> Forwarded:
    ends = [_ends(lines, block, _begins(lines, after)) for block, after in pairwise(blocks)]
    ends.append(_ends(lines, blocks[-1], len(lines)))
    found = [_of_block(subject, lines, block, end) for block, end in zip(blocks, ends, strict=True)]
    top = lines[: _begins(lines, blocks[0])]
    above, below = _own_words("\n".join(top)), _own_words("\n".join(lines[ends[0] :])) if len(blocks) == 1 else ""
    sure = may_be_certain and len(blocks) == 1 and found[0].certain and _is_own(top) and not below
    return replace(found[0], certain=sure, above="\n\n".join(filter(None, (above, below))), others=tuple(found[1:]))


def _of_block(subject: str, lines: list[str], block: _Block, end: int) -> Forwarded:
    sender, sound = _author(block.values["from"])
    body = [_strip(line, block.level) for line in lines[block.end : end]]
    words = split_reply("\n".join(body).strip("\n")).new.strip()
    sent = block.values.get("sent", "")
    return Forwarded(
        sender,
        clean_line(block.values.get("subject", ""))[: DEFAULT.subject_characters] or _without_prefix(subject),
        words,
        None,
        instant(sent.encode("utf-8", "replace")) if _ZONE.search(sent) else None,
        attached=False,
        certain=sound,
        language=detect(words),
    )


def _guess(subject: str, lines: list[str], marks: list[int]) -> Forwarded:
    """A forward without a head that we know: whoever is named first below the line that announces it, or "… wrote:"."""
    if marks:
        start = marks[0] + 1
    else:
        start = next((at for at, line in enumerate(lines) if line.rstrip().endswith((":", "：")) and "@" in line), 0)
    near = " ".join(lines[start : start + LINES_OF_A_GUESS])
    sender = _author(named[0])[0] if (named := _ADDRESS.findall(near)) else Address("", "")
    words = split_reply("\n".join(_strip(line, 1) for line in lines[start + 1 :]).strip("\n")).new.strip()
    above = _own_words("\n".join(lines[: start - 1 if marks else start]))
    return Forwarded(
        sender, _without_prefix(subject), words, None, None, attached=False, certain=False, above=above,
        language=detect(words),
    )  # fmt: skip


def _blocks(lines: list[str]) -> list[_Block]:
    found: list[_Block] = []
    at = 0
    while at < len(lines) and len(found) < MOST_BLOCKS:
        block = _block(lines, at)
        if block is not None:
            found.append(block)
        at = block.end if block is not None else at + 1
    return found


def _block(lines: list[str], start: int) -> _Block | None:
    """The block of headers that begins here: From and two others of Sent, To, Cc and Subject, in any order."""
    level, bare = _level(lines[start])
    if (title := _title(bare)) is None or title[0] not in ("from", "sent", "subject"):
        return None
    block = _Block(start, start, level)
    last = ""
    empty = False
    for at in range(start, min(start + HEAD_LINES, len(lines))):
        its, bare = _level(lines[at])
        if not bare.strip():
            empty = True
            continue
        title = _title(bare) if its == level else None
        if title is not None and (title[0] not in block.values or title[0] == "cc" or not empty):
            last, value = title
            block.values[last] = f"{block.values[last]}, {value}" if last in block.values else value
        elif last and not empty and its == level and _is_continued(block.values[last], lines[at], last):
            block.values[last] += " " + bare.strip()
        else:
            break
        empty = False
        block.end = at + 1
    return block if "from" in block.values and len(block.values) >= FEWEST_KINDS else None


def _title(line: str) -> tuple[str, str] | None:
    """Kind and value of a header line, in one of the languages that we know."""
    if ":" not in line[:40] and "：" not in line[:40]:
        return None
    match = _TITLE.match(line)
    kind = phrases.LABEL_KINDS.get(match[1].strip().lower()) if match else None
    return (kind, line[match.end() :].strip(" \t*_")) if match and kind else None


def _is_continued(value: str, line: str, kind: str) -> bool:
    """Whether the next line belongs to a header still: a list of addresses goes on, or its program indented it."""
    return value.rstrip()[-1:] in (",", ";") or (kind != "subject" and _CONTINUES.match(line) is not None)


def _author(value: str) -> tuple[Address, bool]:
    """Who From names, and whether it names exactly one sound address."""
    named = list(dict.fromkeys(one.strip(".*_").lower() for one in _ADDRESS.findall(value)))
    before = value.partition("<")[0].partition("[")[0] if "<" in value or "[" in value else ""
    name = clean_line(before).strip(" \t\"'*_")[: DEFAULT.name_characters]
    if not named:
        return Address(clean_line(value).strip(" \"'*_")[: DEFAULT.name_characters], ""), False
    first = next(one.strip(".*_") for one in _ADDRESS.findall(value))
    read = read_mailboxes(f"<{first}>", DEFAULT)
    if len(read.addresses) != 1 or read.ambiguous or read.unusable:
        return Address(name, ""), False
    return Address("" if "@" in name else name, read.addresses[0].address), len(named) == 1


def _begins(lines: list[str], block: _Block) -> int:
    """Where a forwarded mail begins: at the line that announces its head, if one stands above it, or a rule."""
    at = block.start
    while at > 0:
        bare = _level(lines[at - 1])[1].strip()
        if bare and not (
            _ONLY_A_RULE.fullmatch(bare)
            or phrases.ORIGINAL_LINE.match(bare[:LONGEST_LINE])
            or phrases.BEGIN_FORWARDED.match(bare[:LONGEST_LINE])
        ):
            break
        at -= 1
    return at


def _ends(lines: list[str], block: _Block, most: int) -> int:
    """Where a forwarded mail ends: at the next one, or where lines that are not quoted as often begin."""
    if block.level == 0:
        return most
    return next((at for at in range(block.end, most) if lines[at].strip() and _level(lines[at])[0] < block.level), most)


def _is_own(above: list[str]) -> bool:
    """Whether the words above a head can be nobody's but the forwarder's."""
    text = "\n".join(above).strip("\n")
    return not split_reply(text).quoted and not any(
        _RULE.match(line) or _LABELLED.match(line[:LONGEST_LINE]) for line in above
    )


def _own_words(text: str) -> str:
    """The words without quotes and without a signature."""
    reply = split_reply(text.strip("\n"))
    return "" if reply.nothing_new else reply.new.strip()


def _level(line: str) -> tuple[int, str]:
    """How often a line is quoted, and what stands behind the marks."""
    match = _QUOTE.match(line)
    end = match.end() if match else 0
    return line.count(">", 0, end), line[end:]


def _strip(line: str, level: int) -> str:
    """A line with so many quote marks less."""
    for _ in range(level):
        bare = line.lstrip()
        if not bare.startswith(">"):
            break
        line = bare[1:].removeprefix(" ")
    return line


def _without_prefix(subject: str) -> str:
    match = phrases.FORWARD_PREFIX.match(subject[:200])
    return clean_line(subject[match.end() :] if match else subject)
