"""What is looked for in outgoing mail and on terminals: anything that a hostile mail could have put there."""

from __future__ import annotations

import re
import unicodedata
from email import message_from_bytes, message_from_string
from email.message import Message
from email.utils import getaddresses
from html.parser import HTMLParser

HEADERS = frozenset(
    "message-id date from to reply-to subject in-reply-to references auto-submitted x-auto-response-suppress "
    "precedence x-counterfoil mime-version content-type content-transfer-encoding".split()
)
ACTIVE_TAGS = frozenset(
    "script iframe object embed form input button textarea select base link video audio source svg math applet frame "
    "frameset template noscript".split()
)
ACTIVE_TYPES = frozenset(("text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "application/xml"))
LOADING = frozenset("src srcset poster background data action formaction xlink:href ping manifest longdesc".split())
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def faults_of_letter(raw: bytes, recipient: str) -> list[str]:
    """Everything that an outgoing mail must not be; empty = good."""
    faults = []
    if re.search(rb"\r(?!\n)|(?<!\r)\n", raw):
        faults.append("bare CR or LF")
    if max(map(len, raw.split(b"\r\n"))) > 998:
        faults.append("a line over 998")
    mail = message_from_bytes(raw)
    names = [name.lower() for name, _ in mail.items()]
    faults += [f"header {n}" for n in names if n not in HEADERS or names.count(n) > 1]
    faults += [f"control character in {n}" for n, v in mail.items() if CONTROLS.search(str(v).replace("\r\n", ""))]
    to = str(message_from_string(raw.decode("utf-8", "replace").partition("\r\n\r\n")[0])["To"])
    if [_local_part(address) for _, address in getaddresses([to])] != [_local_part(recipient)]:
        faults.append(f"To: {to}")
    for part in mail.walk():
        faults += _faults_of_part(part)
    return faults


def _local_part(address: str) -> str:
    """What stands before the @ (a domain beyond ASCII has two spellings)."""
    return address.rpartition("@")[0]


def _faults_of_part(part: Message) -> list[str]:
    if part.is_multipart():
        return [] if part.get_content_type().startswith("multipart/") else [f"a part of type {part.get_content_type()}"]
    name, disposition = part.get_filename(), part.get_content_disposition()
    if disposition is None:
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        return faults_of_html(content.decode()) if part.get_content_type() == "text/html" else []
    faults = [f"served as {part.get_content_type()}"] if part.get_content_type() in ACTIVE_TYPES else []
    return faults + ([f"file name {name!r}"] if not is_harmless_name(name or "") else [])


def is_harmless_name(name: str) -> bool:
    """Whether any system may save a file under this name."""
    return (
        0 < len(name.encode()) <= 255
        and not re.search(r'[/\\:*?"<>|]', name)
        and not name.startswith(".")
        and not has_hidden(name)
    )


def has_hidden(text: str) -> bool:
    """Whether control or direction characters stand in a text."""
    return any(unicodedata.category(c) in ("Cc", "Cf") for c in text)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in ACTIVE_TAGS:
            self.faults.append(f"<{tag}>")
        self._in_style = tag == "style"
        for name, value in attributes:
            target = re.sub(r"[\x00-\x20]", "", value or "").lower()
            if (
                name.startswith("on")
                or name == "srcdoc"
                or (name == "http-equiv" and target != "content-type")
                or (name in LOADING and not target.startswith("cid:"))
                or (name == "href" and not target.startswith(("http://", "https://", "mailto:", "tel:", "#")))
                or (name == "style" and re.search(r"url\(|expression|@import|position:(fixed|absolute)", target))
            ):
                self.faults.append(f"<{tag} {name}={target[:60]}>")

    def handle_endtag(self, tag: str) -> None:
        self._in_style = False

    def handle_data(self, data: str) -> None:
        if self._in_style and re.search(r"url\(|@import|expression", data):
            self.faults.append("a style that loads")


def faults_of_html(html: str) -> list[str]:
    """Everything active or remote in HTML."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.faults
