"""The new words of a reply, apart from the quoted ones and the signature.

A scanner over lines: each line is looked at a bounded number of times, with at most four joined and never more than
600 characters, so that no text can make it slow. Each line ends up in exactly one of the three. Rules:

* ``>`` lines, and lines that the sender's program marked (``markup``), are quoted wherever they stand; what is written
  between and below them is new.
* An attribution ("On … wrote:") is quoted. If no ``>`` follows, all the rest is quoted with it.
* A block of headers (From, Sent, To, Subject) or a line "----- Original Message -----" quotes all the rest, except at
  the very top, where it is the mail.
* A signature follows "-- ", a row of underscores, a closing phrase, or is "Sent from my …"; what stands below the
  latter is what the program quoted without a mark.
* If nothing new is left, or only the line that announces a forwarded mail, everything is new: better too much than
  nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from daemon.mail import phrases
from daemon.mail.markup import Mark

Kind = Literal["new", "quoted", "signature"]

LONGEST = 600
MOST_JOINED = 4
HEADER_WINDOW = 14
SIGNATURE_LINES = 12
FOOTER_LINES = 30


@dataclass(frozen=True, slots=True)
class Reply:
    """``nothing_new`` says that no line was found to be new, and that ``new`` is therefore the whole text."""

    new: str
    quoted: str
    signature: str
    nothing_new: bool = False


def split_reply(text: str, marks: Sequence[Mark] | None = None) -> Reply:
    """Split ``text``; ``marks``, if given, has one mark for each of its lines."""
    lines = text.split("\n")
    kinds = _Scan(lines, marks or [""] * len(lines)).kinds()
    parts = {kind: _joined(lines, kinds, kind) for kind in ("new", "quoted", "signature")}
    if not parts["new"].strip() or _only_announces(parts["new"]):
        return Reply(text.strip("\n"), "", "", nothing_new=bool(text.strip()))
    return Reply(parts["new"], parts["quoted"], parts["signature"])


def _only_announces(new: str) -> bool:
    """Whether what is new is no more than "---------- Forwarded message ---------"."""
    line = new.strip()
    return len(line) <= LONGEST and "\n" not in line and phrases.FORWARD_LINE.fullmatch(line) is not None


def _joined(lines: list[str], kinds: list[Kind], kind: str) -> str:
    return "\n".join(line for line, its in zip(lines, kinds, strict=True) if its == kind).strip("\n").rstrip()


class _Scan:
    def __init__(self, lines: list[str], marks: Sequence[Mark]) -> None:
        self.lines = lines
        self.bare = [line.strip() if len(line) <= LONGEST else line[:LONGEST].strip() for line in lines]
        self.short = [len(line) <= LONGEST for line in lines]
        self.quoted = [
            mark == "quoted" or line[:1] == ">" or line[:4] == "&gt;"
            for line, mark in zip(self.bare, marks, strict=True)
        ]
        self.marks = marks
        self.next_words = _next_words(self.bare)

    def kinds(self) -> list[Kind]:
        kinds: list[Kind] = ["quoted" if quoted else "new" for quoted in self.quoted]
        self._wrapped_quotes(kinds)
        end = self._quotes(kinds)
        self._signatures(kinds, end)
        self._blank(kinds)
        return kinds

    def _wrapped_quotes(self, kinds: list[Kind]) -> None:
        """A single line between two long ``>`` lines is the end of the first, broken by a relay."""
        for index in range(1, len(kinds) - 1):
            if (
                kinds[index] == "new"
                and self.bare[index]
                and self.quoted[index - 1]
                and self.quoted[index + 1]
                and len(self.lines[index - 1]) >= 66
                and len(self.bare[index]) < 76
            ):
                kinds[index] = "quoted"

    def _quotes(self, kinds: list[Kind]) -> int:
        """Mark attributions and tails; return the line where the tail begins."""
        index, count = 0, len(self.lines)
        words_above = False
        while index < count:
            line = self.bare[index]
            if not line or kinds[index] != "new" or not self.short[index]:
                words_above |= bool(line) and kinds[index] == "new"
                index += 1
                continue
            span = self._attribution(index)
            if span:
                following = self.next_words[index + span]
                for at in range(index, index + span):
                    kinds[at] = "quoted"
                if following < count and not self.quoted[following] and (words_above or span):
                    return self._tail(kinds, index)
                index += span
                continue
            if words_above and (self._original(index) or self._headers(index)):
                return self._tail(kinds, index)
            words_above = True
            index += 1
        return count

    def _tail(self, kinds: list[Kind], index: int) -> int:
        """All from ``index`` on is quoted, and a rule above it that belongs to it."""
        above = index - 1
        while above >= 0 and not self.bare[above]:
            above -= 1
        if above >= 0 and len(self.bare[above]) >= 3 and not self.bare[above].strip("-_=*— "):
            index = above
        for at in range(index, len(kinds)):
            kinds[at] = "quoted"
        return index

    def _attribution(self, index: int) -> int:
        """How many lines from ``index`` on are an attribution; 0 if none."""
        joined = ""
        starts = _starts(self.bare[index])
        for span in range(1, (MOST_JOINED if starts else 1) + 1):
            at = index + span - 1
            if at >= len(self.bare) or not self.bare[at] or self.quoted[at]:
                return 0
            joined = f"{joined} {self.bare[at]}" if joined else self.bare[at]
            if len(joined) > LONGEST:
                return 0
            if self._is_attribution(joined, starts, index + span):
                return span
        return 0

    def _is_attribution(self, line: str, starts: bool, after: int) -> bool:
        end = line.rstrip("-_* ")
        colon = end.endswith((":", "："))
        last_word = end.rstrip(" :：").rpartition(" ")[2].rpartition(">")[2].lower()
        wrote = last_word in phrases.WROTE_LAST and phrases.ENDS_WITH_WROTE.search(line[-60:]) is not None
        if not colon and not wrote:
            return False
        dated = phrases.DATE.search(line) is not None
        addressed = phrases.ADDRESS.search(line) is not None
        quote_follows = (at := self.next_words[after]) < len(self.quoted) and self.quoted[at]
        if wrote:
            if not colon:
                return dated and addressed and starts
            if dated and starts:
                return True
            return (addressed and (dated or quote_follows)) or (quote_follows and len(line) < 100 and at <= after + 1)
        if dated and phrases.ADDRESS_END.search(line):
            return starts
        if dated and starts and phrases.SAYS_WROTE.search(line):
            return addressed or quote_follows or (len(line) < 120 and phrases.DAY_AND_TIME.search(line) is not None)
        return quote_follows and phrases.QUOTING.match(line) is not None

    def _original(self, index: int) -> bool:
        line = self.bare[index]
        if line[0] in "-_=*":
            return phrases.ORIGINAL_LINE.match(line) is not None
        return line[-1] in ":：" and phrases.BEGIN_FORWARDED.match(line) is not None

    def _label(self, index: int) -> str | None:
        head = self.bare[index][:40]
        if ":" not in head and "：" not in head:
            return None
        match = phrases.LABEL.match(head)
        return phrases.LABEL_KINDS.get(match[1].strip().lower()) if match else None

    def _headers(self, index: int) -> bool:
        """Whether a block of at least three kinds of mail headers begins here."""
        first = self._label(index)
        if first not in ("from", "sent", "subject"):
            return False
        kinds = {first}
        others = 0
        for at in range(index + 1, min(index + HEADER_WINDOW, len(self.bare))):
            if not self.bare[at]:
                others += 1 if at and not self.bare[at - 1] else 0
            elif (kind := self._label(at)) is not None:
                kinds.add(kind)
                others = 0
            else:
                others += 1
            if len(kinds) >= 3 and "from" in kinds:
                return True
            if others > 1:
                return False
        return False

    def _signatures(self, kinds: list[Kind], end: int) -> None:
        """Mark signatures among what is new: one within the first ``end`` lines, one below the last quoted line."""
        for index, mark in enumerate(self.marks):
            if mark == "signature" and kinds[index] == "new":
                kinds[index] = "signature"
        words = [index for index in range(len(kinds)) if kinds[index] == "new" and self.bare[index]]
        if not words:
            return
        runs: list[list[int]] = [[words[0]]]
        for index in words[1:]:
            if any(kinds[at] == "quoted" for at in range(runs[-1][-1] + 1, index)):
                runs.append([])
            runs[-1].append(index)
        for run in runs:
            self._signature_in(kinds, run, is_first=run is runs[0])

    def _signature_in(self, kinds: list[Kind], run: list[int], is_first: bool) -> None:
        cut = None
        rest: Kind = "signature"
        for place, index in enumerate(run):
            line = self.bare[index]
            left = len(run) - place - 1
            if place == 0 and is_first and line.rstrip("-_") != "":
                continue
            if line == "--" or (line.startswith("__") and not line.strip("_")):
                if left <= FOOTER_LINES:
                    cut = place
                    break
            elif self._sent_from(line):
                cut, rest = place, "quoted" if left else "signature"
                break
            elif left <= SIGNATURE_LINES and self._closing(line) and self._all_short(run[place + 1 :]):
                cut = place
                break
        if cut is None:
            cut = len(run)
        if cut > 1 and _is_name(self.bare[run[cut - 1]]):
            cut -= 1
        if cut == len(run):
            return
        kinds[run[cut]] = "signature"
        for index in run[cut + 1 :]:
            kinds[index] = "signature" if rest == "signature" or self._sent_from(self.bare[index]) else "quoted"

    def _all_short(self, indices: list[int]) -> bool:
        return all(len(self.bare[index]) <= 80 for index in indices)

    def _closing(self, line: str) -> bool:
        return len(line) <= 60 and phrases.CLOSING.match(line) is not None

    def _sent_from(self, line: str) -> bool:
        """Whether a line is "Sent from my iPhone", and not a sentence that begins so."""
        if not phrases.SENT_FROM.match(line) and (len(line) > 50 or not phrases.SENT_AFTER.match(line)):
            return False
        words = line.partition("http")[0].strip(" *_<>()[]")
        return 5 < len(words) <= 70 and "," not in words and not (words[-1] in ".!?" and words.count(" ") > 5)

    def _blank(self, kinds: list[Kind]) -> None:
        """An empty line belongs to what follows it, or at the end to what stands before."""
        following: Kind | None = None
        for index in range(len(kinds) - 1, -1, -1):
            if self.bare[index]:
                following = kinds[index]
            elif following is not None:
                kinds[index] = following


def _next_words(lines: list[str]) -> list[int]:
    """For each line, and for the end, the first line from there on that is not empty."""
    following = [len(lines)] * (len(lines) + 1)
    for index in range(len(lines) - 1, -1, -1):
        following[index] = index if lines[index] else following[index + 1]
    return following


def _starts(line: str) -> bool:
    """Whether an attribution may begin with this line: with a date, a day, a name in quotes, or "On", "Le", "Am" …"""
    line = line.lstrip("-_* ")
    if line[:1].isdigit() or line[:1] in '"«<':
        return line != ""
    return line.partition(" ")[0].rstrip(".,").lower() in phrases.START_WORDS


def _is_name(line: str) -> bool:
    """Whether a line is "-Abhishek" or "/John"."""
    return line[0] in "-/–—~" and len(line) <= 50 and phrases.NAME_LINE.match(line) is not None
