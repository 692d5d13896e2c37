"""From an agent's new words to orders: which commands, and which words are for the customer.

- Commands stand in the head, before the first line that is none; blank lines between them do not count. A line is
  ``#word`` and its argument; more may follow on the line, each with its ``#``, where the one before takes no text that
  they belong to.
- ``#note`` takes all that follows. No ``#word`` in its text is a command, and none is strange: nothing of a note
  reaches a customer.
- ``# heading``, ``#1042``, ``#!/bin/sh`` and colours such as ``#C0FFEE`` are words.
- Strange is what may have been meant as a command and is none: an unknown ``#word`` in the head; a command in disguise
  below it (``# take``, ``##take``, ``*#take*``); a command, or what is near one, on the last lines, also above a
  signature; any ``#word`` alone on them; and ``#note``, or a command with an argument that fits it or needs none, alone
  on any line below the head. ``commands`` and ``head`` end before the first strange
  line, so that ``words`` is what would go out if the mail were taken as it stands; with a note nothing would.
- Below commands a text that is only a signature is empty.

Total, and linear in the length of the words: how many lines are taken for commands or called strange is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Literal

from daemon.core.commands.arguments import SEPARATOR, normal
from daemon.core.commands.closing import signature_start
from daemon.core.commands.declared import SYNONYMS, Declaration, declaration, is_near, nearest
from daemon.core.typed import INVISIBLE, is_blank

Because = Literal[
    "unknown-command", "command-in-disguise", "command-at-the-end", "argument-missing", "argument-superfluous"
]

MOST_COMMANDS = 100
MOST_ON_A_LINE = 20
MOST_STRANGE = 20

_BEGINS = re.compile(rf"[\s{INVISIBLE}]*[#＃﹟]")
_HASH = re.compile(rf"(?:^|(?<=[\s{INVISIBLE},;]))[#＃﹟]([\w{INVISIBLE}\u0300-\u036f-]+)")
_LETTER = re.compile(r"[^\W\d_]")
_COLOUR = re.compile(r"(?=.*[0-9])(?:[0-9a-f]{3}|[0-9a-f]{6}|[0-9a-f]{8})", re.IGNORECASE)
_PUNCTUATION = ".,;:!?… "
_DISGUISED = re.compile(rf"[\s{INVISIBLE}*_`~]{{0,8}}[#＃﹟]{{1,4}}[\s{INVISIBLE}]{{0,3}}(?=[^\W\d_])")
_EMPHASIS = "*_`~"
_SECOND = re.compile(r"\s{1,3}([\w-]{1,20})")


@dataclass(frozen=True, slots=True)
class Command:
    """One order: the declared word, its plain argument ('' = none; that of ``note`` is ``Orders.note``), its line."""

    word: str
    argument: str
    line: str


@dataclass(frozen=True, slots=True)
class Strange:
    """A line that may have been meant as a command: the word as written, and up to three that may have been meant."""

    line: str
    word: str
    nearest: tuple[str, ...]
    because: Because


@dataclass(frozen=True, slots=True)
class Orders:
    """What an agent's new words say.

    ``head`` is what the commands took of them, from the beginning; the rest is a note, or for the customer. ``words``
    is that rest without blank lines around, '' where there is a note or only a signature. ``in_note`` are the commands,
    as written, that end a note and so are none.
    """

    commands: tuple[Command, ...] = ()
    head: str = ""
    words: str = ""
    note: str | None = None
    strange: tuple[Strange, ...] = ()
    in_note: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Piece:
    """A ``#word``, its command if it is one, and where on the line it stands and its argument begins."""

    token: str
    command: Declaration | None
    start: int
    behind: int


@dataclass(slots=True)
class _Head:
    """What was read above the words: so many ``lines``, of which the commands took the first ``end`` characters."""

    commands: list[Command] = field(default_factory=list)
    strange: list[Strange] = field(default_factory=list)
    lines: int = 0
    end: int = 0
    is_note: bool = False


def read(words: str, signatures: tuple[str, ...] = ()) -> Orders:
    """Read the new words of an agent's mail; ``signatures`` are the agent's configured signature and names."""
    lines = words.split("\n")
    head = _head(lines)
    below = lines[head.lines :]
    text = _stripped(words[head.end :])
    is_empty = _is_signature(text.split("\n"), signatures)
    ending = _below(below, signatures, is_note=head.is_note)
    strange = head.strange if head.is_note else [*head.strange, *ending]
    if head.is_note and is_empty:
        strange.append(Strange(lines[head.lines - 1], "note", ("note",), "argument-missing"))
    note = text if head.is_note and not is_empty else None
    nothing_left = head.is_note or (is_empty and bool(head.commands))
    return Orders(
        tuple(head.commands),
        words[: head.end],
        "" if nothing_left else text,
        note,
        tuple(strange[:MOST_STRANGE]),
        tuple(f"#{one.word}" for one in ending if note and one.because == "command-at-the-end"),
    )


def _head(lines: Sequence[str]) -> _Head:
    head, offset = _Head(), 0
    for number, line in enumerate(lines):
        if not is_blank(line):
            pieces = _pieces(line)
            if not pieces:
                head.strange += _disguised(line)
                break
            head.lines = number + 1
            if len(head.commands) + len(head.strange) >= MOST_COMMANDS:
                head.strange.append(Strange(line, pieces[0].token, nearest(pieces[0].token), "command-at-the-end"))
                break
            _take(head, line, pieces, offset)
            if head.is_note:
                break
        offset += len(line) + 1
    return head


def _disguised(line: str) -> list[Strange]:
    """The first line below the head, if it is a command but for what stands around its word."""
    begins = _DISGUISED.match(line)
    if begins is None:
        return []
    return [
        replace(found, line=line, because="command-in-disguise")
        for found in filter(None, [_inside("#" + line[begins.end() :].rstrip(f"{_EMPHASIS} "))])
    ]


def _take(head: _Head, line: str, pieces: Sequence[_Piece], offset: int) -> None:
    """Take one line's commands, or none of them where one is strange or something strange stood above."""
    ends = [*(piece.start for piece in pieces[1:]), len(line)]
    judged = [_judge(line, piece, line[piece.behind : end]) for piece, end in zip(pieces, ends, strict=True)]
    head.strange += (one for one in judged if isinstance(one, Strange))
    if not head.strange:
        head.commands += (one for one in judged if isinstance(one, Command))
        head.end = offset + len(line) + 1
    last = pieces[-1]
    if last.command and last.command.argument == "note":
        separator = SEPARATOR.match(line, last.behind)
        head.is_note, head.end = True, offset + (separator.end() if separator else last.behind)


def _judge(line: str, piece: _Piece, written: str) -> Command | Strange:
    command = piece.command
    if command is None:
        return Strange(line, piece.token, nearest(piece.token), "unknown-command")
    if command.argument == "note":
        return Command(command.word, "", line)
    argument = normal(command, written)
    if command.argument == "none" and argument:
        return Strange(line, piece.token, (command.word,), "argument-superfluous")
    if command.required and not argument:
        return Strange(line, piece.token, (command.word,), "argument-missing")
    return Command(command.word, argument, line)


def _pieces(line: str) -> list[_Piece]:
    """The ``#words`` of a line that begins with one; none for any other line."""
    pieces: list[_Piece] = []
    for piece in islice(_hashes(line), MOST_ON_A_LINE):
        before = pieces[-1].command if pieces else None
        if before and before.argument == "note":
            break
        # A text may hold hashes, and tags are often written with them; a slip of the finger is no part of either.
        takes_it = before is not None and before.argument in {"text", "tags", "view"}
        if not (takes_it and piece.command is None and not is_near(piece.token)):
            pieces.append(piece)
    return pieces


def _hashes(line: str) -> Iterator[_Piece]:
    """All ``#words`` of a line, if the first thing on it is one."""
    begins = _BEGINS.match(line)
    found = _HASH.match(line, begins.end() - 1) if begins else None
    if found is None or not _is_word(found[1]):
        return
    yield _piece(line, found)
    yield from (_piece(line, more) for more in _HASH.finditer(line, found.end()) if _is_word(more[1]))


def _is_word(token: str) -> bool:
    return bool(_LETTER.search(token)) and not _COLOUR.fullmatch(token)


def _piece(line: str, found: re.Match[str]) -> _Piece:
    """One ``#word``; what autocorrection made two words of (``#on hold``) is one."""
    token, behind = found[1], found.end()
    command = declaration(token)
    if command is None and (second := _SECOND.match(line, behind)):
        command = declaration(token + second[1])
        behind = second.end() if command else behind
    return _Piece(token, command, found.start(), behind)


def _below(lines: Sequence[str], signatures: Sequence[str], *, is_note: bool) -> list[Strange]:
    """What stands below the head as if it were a command, in its order."""
    found: dict[int, Strange] = {}

    def climb(end: int) -> int:
        while end > 0 and len(found) < MOST_STRANGE:
            strange = _at_the_end(lines[end - 1], is_note=is_note)
            if strange:
                found[end - 1] = strange
            elif not is_blank(lines[end - 1]):
                break
            end -= 1
        return end

    end = climb(len(lines))
    climb(signature_start(lines[:end], signatures))
    if not is_note:
        inside = ((at, strange) for at, line in enumerate(lines) if at not in found and (strange := _inside(line)))
        found.update(islice(inside, MOST_STRANGE))
    return [found[at] for at in sorted(found)]


def _at_the_end(line: str, *, is_note: bool) -> Strange | None:
    """Whether one of the last lines may have been meant as a command; a note may end in other ``#words``."""
    piece = next(_hashes(line), None)
    if piece is None:
        return None
    if piece.command:
        return Strange(line, piece.token, (piece.command.word,), "command-at-the-end")
    is_alone = is_blank(line[piece.behind :].strip(_PUNCTUATION))
    if is_near(piece.token) or (is_alone and not is_note):
        return Strange(line, piece.token, nearest(piece.token), "unknown-command")
    return None


def _inside(line: str) -> Strange | None:
    """Whether a line among the words is a whole command: a note that would reach the customer, or a bare word."""
    piece = next(_hashes(line), None)
    if piece is None or piece.command is None:
        return None
    judged = _judge(line, piece, line[piece.behind :])
    if isinstance(judged, Command) and _fits(piece.command, judged.argument):
        return Strange(line, piece.token, (piece.command.word,), "command-at-the-end")
    return None


def _fits(command: Declaration, argument: str) -> bool:
    """Whether an argument can be one of this command, as far as its form tells."""
    if command.argument in ("status", "priority", "type"):
        return argument in SYNONYMS[command.argument].values()
    if command.argument == "tickets":
        return all(map(str.isdigit, argument.split()))
    return command.argument != "addresses" or "@" in argument


def _is_signature(lines: Sequence[str], signatures: Sequence[str]) -> bool:
    """Whether there is nothing but a signature."""
    return all(map(is_blank, lines[: signature_start(lines, signatures)]))


def _stripped(text: str) -> str:
    """Without blank lines around."""
    lines = text.split("\n")
    shown = [at for at, line in enumerate(lines) if not is_blank(line)]
    return "\n".join(lines[shown[0] : shown[-1] + 1]) if shown else ""
