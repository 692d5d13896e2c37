"""HTML to text, with a mark on each line that the sender's program says is quoted or a signature.

One pass over the tags with a stack of what is open: linear and without regard to depth, so that any HTML has a text.
What a reader does not see (``display:none``, style sheets, comments) is left out. A ``blockquote`` is set off by ``>
``. The marks are those of Gmail, Outlook, Yahoo, Apple Mail, Thunderbird and others; interleaved answers stay unmarked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from typing import Literal

Mark = Literal["", "quoted", "signature"]

NAME = re.compile(r"/?[a-zA-Z][a-zA-Z0-9:-]{0,30}")
ATTRIBUTE = re.compile(
    r"""(class|id|style|name|type|data-marker|hidden)\s{0,8}=\s{0,8}("[^"]*"|'[^']*'|[^\s"'>]+)""", re.IGNORECASE
)
SPACES = re.compile(r"[ \t\r\n\f\xa0]+")
UNEVEN = re.compile(r"[\t\r\n\f\xa0]|  ")
TELLING = re.compile(
    r"quote|signature|SIG_P|display|mso-hide|border-top|appendonsend|divRplyFwd|stopSpelling|zwchr|reply|moz-cite|gmail_attr|"
    r"zmail_extra|qmbox|OutlookMessageHeader|hidden|mail-editor",
    re.IGNORECASE,
)
RAW_TEXT = {
    tag: re.compile(f"</{tag}", re.IGNORECASE)
    for tag in ("script", "style", "title", "textarea", "template", "xmp", "noembed", "noframes", "iframe")
}
VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
CLOSE_THEMSELVES = frozenset("p li dd dt td th tr option tbody thead tfoot html head body".split())
BLOCKS = frozenset(
    "address article aside blockquote body center dd div dl dt fieldset figure footer form h1 "
    "h2 h3 h4 h5 h6 header hr html"
    " li main nav ol p pre section table tbody tfoot thead tr ul".split()
)
SPACED = frozenset("p h1 h2 h3 h4 h5 h6 blockquote pre ul ol dl table".split())
QUOTE_WITHIN = re.compile(
    r"(?:^|[\s_-])(?:gmail_attr|yahoo_quoted|protonmail_quote|moz-cite-prefix|"
    r"zmail_extra|freshdesk_quote|front-blockquote|"
    r"tutanota_quote|qmbox|ntes-mailmaster-quote|mail-quote-collapse|OutlookMessageHeader|hs_reply|"
    r"isReplyContent|replyForwardQuote|mailQuote|quote_header)(?:$|\s)",
    re.IGNORECASE,
)
QUOTE_FROM_HERE = re.compile(
    r"^(?:appendonsend|divRplyFwdMsg|stopSpelling|zwchr|reply-intro|"
    r"mail-editor-reference-message-container)$",
    re.IGNORECASE,
)
OUTLOOK_RULE = re.compile(
    r"border-top:\s?solid\s(?:#[0-9a-f]{6}|[a-z]+)\s[0-9.]+pt|border-top:\s?[0-9.]+pt\ssolid", re.IGNORECASE
)
SIGNATURE = re.compile(
    r"(?:^|\s)(?:gmail_signature|moz-signature|AppleMailSignature|ms-outlook-mobile-signature|Signature|"
    r"protonmail_signature_block|__SIG_PRE__|__SIG_POST__|email-signature|signature-container|zm_signature)(?:$|\s)",
    re.IGNORECASE,
)
HIDDEN = re.compile(r"display\s?:\s?none|mso-hide\s?:\s?all", re.IGNORECASE)
DEEPEST_QUOTE = 8
MATCH_WITHIN = 50


@dataclass(frozen=True, slots=True)
class State:
    """What holds for the text at one place."""

    mark: Mark = ""
    quotes: int = 0
    preformatted: bool = False
    hidden: bool = False


@dataclass(slots=True)
class Lines:
    """The text, line by line, and the mark of each line."""

    lines: list[str] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


class _Writer:
    def __init__(self) -> None:
        self.out = Lines()
        self.pieces: list[str] = []
        self.mark: Mark = ""
        self.quotes = 0
        self.last_quotes = 0
        self.empty_wanted = False
        self.pending_space = False

    def words(self, text: str, state: State) -> None:
        if state.preformatted:
            first, *rest = text.split("\n")
            self.piece(first, state)
            for line in rest:
                self.end(state, force=True)
                self.piece(line, state)
            return
        collapsed = SPACES.sub(" ", text) if UNEVEN.search(text) else text
        if collapsed == " ":
            self.pending_space = bool(self.pieces)
            return
        if self.pending_space and self.pieces and collapsed[:1] != " ":
            self.pieces.append(" ")
        self.pending_space = False
        self.piece(collapsed if self.pieces else collapsed.lstrip(" "), state)

    def piece(self, text: str, state: State) -> None:
        if not self.pieces:
            self.mark, self.quotes = state.mark, state.quotes
        if text:
            self.pieces.append(text)

    def end(self, state: State, force: bool = False, space: bool = False) -> None:
        """End the line that is being written; ``space`` asks for an empty line before the next."""
        line = "".join(self.pieces).rstrip()
        self.pending_space = False
        if line or force:
            if not self.pieces:
                self.mark, self.quotes = state.mark, state.quotes
            if self.empty_wanted and self.out.lines:
                self.emit("", self.mark, min(self.quotes, self.last_quotes))
            self.emit(line, self.mark, self.quotes)
            self.empty_wanted = False
        self.pieces = []
        self.empty_wanted |= space

    def emit(self, line: str, mark: Mark, quotes: int) -> None:
        self.last_quotes = quotes
        prefix = ">" * quotes
        self.out.lines.append(f"{prefix} {line}".rstrip() if prefix else line)
        self.out.marks.append(mark)


def to_lines(html: str) -> Lines:
    """Return the text of ``html``."""
    writer = _Writer()
    opened: list[tuple[str, State]] = []
    state = State()
    tail = False
    position, length = 0, len(html)
    comments_end = True
    never_closed: set[str] = set()
    while position < length:
        at = html.find("<", position)
        if at < 0:
            at = length
        if at > position and not state.hidden:
            text = html[position:at]
            writer.words(unescape(text) if "&" in text else text, state)
        if at >= length:
            break
        name_match = NAME.match(html, at + 1)
        if name_match is None:
            following = html[at + 1 : at + 2]
            if following in ("!", "?", "/"):
                position, comments_end = _after_declaration(html, at, comments_end)
            else:
                if not state.hidden:
                    writer.words("<", state)
                position = at + 1
            continue
        tag = name_match[0].lower()
        after_name = name_match.end()
        close = after_name if html[after_name : after_name + 1] == ">" else _tag_end(html, after_name)
        attributes = html[after_name:close]
        position = min(close + 1, length)
        if tag[0] == "/":
            tag = tag[1:]
            state = _close(tag, opened, state, writer)
            continue
        if tag in RAW_TEXT:
            end = None if tag in never_closed else RAW_TEXT[tag].search(html, position)
            if end is not None:
                position = end.start()
            elif tag in ("script", "style"):
                break
            else:
                never_closed.add(tag)
            continue
        inner, from_here = _state(tag, attributes, state)
        if from_here and not tail:
            tail = True
            writer.end(state)
            state = _quoted(state)
            opened = [(one, _quoted(before)) for one, before in opened[-MATCH_WITHIN:]]
            inner = _quoted(inner)
        if tag == "br":
            writer.end(state, force=True)
        elif tag in BLOCKS:
            writer.end(state, space=tag in SPACED)
            if tag == "li":
                writer.words("- ", state)
            elif tag == "hr":
                writer.words("_" * 20, state)
                writer.end(state)
        elif tag in ("td", "th"):
            writer.words(" ", state)
        elif inner.mark != state.mark:
            writer.end(state)
        if tag in VOID or (attributes.endswith("/") and tag not in BLOCKS):
            continue
        if tag in CLOSE_THEMSELVES and inner == state:
            continue
        opened.append((tag, state))
        state = inner
    writer.end(state)
    return _trimmed(writer.out)


def _after_declaration(html: str, at: int, comments_end: bool) -> tuple[int, bool]:
    if html.startswith("<!--", at) and comments_end:
        if html.startswith(("<!-->", "<!--->"), at):
            return html.index(">", at) + 1, True
        end = html.find("-->", at + 4)
        if end >= 0:
            return end + 3, True
        comments_end = False
    end = html.find(">", at, at + 2000)
    return (end + 1 if end >= 0 else min(at + 4, len(html))), comments_end


def _tag_end(html: str, position: int) -> int:
    """Where the ``>`` of a tag stands. A quoted value may hold one; a tag of more than 64 KB is cut."""
    limit = min(len(html), position + 65536)
    end = html.find(">", position, limit)
    if end < 0:
        next_tag = html.find("<", position, limit)
        return next_tag - 1 if next_tag >= 0 else limit
    for quote in ('"', "'"):
        if html.count(quote, position, end) % 2 and html.rfind("=", position, html.rfind(quote, position, end)) >= 0:
            close = html.find(quote, end, min(limit, end + 4096))
            if close >= 0:
                after = html.find(">", close, limit)
                return after if after >= 0 else end
    return end


def _state(tag: str, attributes: str, state: State) -> tuple[State, bool]:
    """What holds inside a tag, and whether all from here on is quoted."""
    mark, quotes, preformatted, hidden = state.mark, state.quotes, state.preformatted, state.hidden
    from_here = False
    if tag == "blockquote":
        quotes = min(quotes + 1, DEEPEST_QUOTE)
    elif tag == "pre":
        preformatted = True
    if attributes and len(attributes) < 4096 and TELLING.search(attributes):
        for name, value in ATTRIBUTE.findall(attributes):
            name = name.lower()
            value = value.strip("\"'")
            if name == "style":
                if HIDDEN.search(value):
                    hidden = True
                elif tag == "div" and OUTLOOK_RULE.search(value) and "padding:3" in value:
                    from_here = True
            elif name in ("class", "id", "data-marker"):
                if not mark and QUOTE_WITHIN.search(value):
                    mark = "quoted"
                elif not mark and SIGNATURE.search(value):
                    mark = "signature"
                if name == "id" and QUOTE_FROM_HERE.search(value):
                    from_here = True
            elif name == "name" and value.lower() == "quote" and not mark:
                mark = "quoted"
    if (mark, quotes, preformatted, hidden) == (state.mark, state.quotes, state.preformatted, state.hidden):
        return state, from_here
    return State(mark, quotes, preformatted, hidden), from_here


def _quoted(state: State) -> State:
    return State("quoted", state.quotes, state.preformatted, state.hidden)


def _close(tag: str, opened: list[tuple[str, State]], state: State, writer: _Writer) -> State:
    if tag in BLOCKS:
        writer.end(state, space=tag in SPACED)
    if not opened or (opened[-1][0] != tag and not any(one == tag for one, _ in opened[-MATCH_WITHIN:])):
        return state
    while (last := opened.pop())[0] != tag:
        pass
    if last[1].mark != state.mark:
        writer.end(state)
    return last[1]


def _trimmed(out: Lines) -> Lines:
    """No empty lines at either end, and no more than two in a row."""
    lines: list[str] = []
    marks: list[Mark] = []
    empty = 0
    for line, mark in zip(out.lines, out.marks, strict=True):
        empty = 0 if line else empty + 1
        if empty > 2 or (not lines and not line):
            continue
        lines.append(line)
        marks.append(mark)
    while lines and not lines[-1]:
        lines.pop()
        marks.pop()
    return Lines(lines, marks)
