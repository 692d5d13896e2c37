"""Which parts are the text of a mail, and what that text is.

The choice of parts is that of RFC 8621 (JMAP) section 4.1.4: each part of a multipart/mixed that is text and not
declared an attachment belongs to both the plain and the HTML body; of a multipart/alternative the plain one to the
plain body and the HTML one to the HTML body.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from daemon.mail.attachments import declared_name
from daemon.mail.structure import Multipart, Part

BODY_TYPES = ("text/plain", "text/html")
MEDIA = ("image/", "audio/", "video/")


@dataclass(slots=True)
class Body:
    """The parts that make the plain text and the HTML; a part may be in both."""

    plain: list[Part] = field(default_factory=list)
    html: list[Part] = field(default_factory=list)


def choose(root: Part | Multipart) -> Body:
    body = Body()
    _choose([root], "mixed", False, False, False, body)
    return body


def _choose(
    parts: list[Part | Multipart], subtype: str, alternative: bool, no_plain: bool, no_html: bool, body: Body
) -> None:
    plain_before, html_before = len(body.plain), len(body.html)
    for index, part in enumerate(parts):
        if isinstance(part, Multipart):
            inner = part.type.value.partition("/")[2]
            _choose(part.children, inner, alternative or inner == "alternative", no_plain, no_html, body)
            continue
        kind = part.type.value
        if not _is_text_body(part, index, subtype):
            continue
        if subtype == "alternative":
            (body.html if kind == "text/html" else body.plain).append(part)
            continue
        if alternative:
            no_html |= kind == "text/plain"
            no_plain |= kind == "text/html"
        if not no_plain:
            body.plain.append(part)
        if not no_html:
            body.html.append(part)
    if subtype == "alternative":
        if len(body.plain) == plain_before:
            body.plain.extend(body.html[html_before:])
        elif len(body.html) == html_before:
            body.html.extend(body.plain[plain_before:])


def _is_text_body(part: Part, index: int, subtype: str) -> bool:
    if part.disposition.value == "attachment" or part.type.value not in BODY_TYPES:
        return False
    return index == 0 or (subtype != "related" and not declared_name(part))
