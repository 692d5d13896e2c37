"""A mail as a page shows it: HTML in the page's own type and colours, the pictures from elsewhere told apart.

What a mail says of its looks (styles, colours, sizes) is left out: the page has its own, by day and by night. Pictures
that travel in the mail stay as ``cid:``. Pictures from elsewhere keep their address here, and here alone; ``shown``
takes it away unless the reader asked for them. Of a reply the new words are shown, as HTML where it says the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from urllib.parse import urlsplit

import nh3
from selectolax.lexbor import LexborHTMLParser, LexborNode

from daemon.core.values import Mail, Parsed
from daemon.mail.limits import DEFAULT, Limits
from daemon.mail.parse import parse
from daemon.mail.same_words import html_of
from daemon.mail.sanitise import TAGS, WITH_CONTENT, too_deep

LOOKS = frozenset("big center font small tt u nav main header footer section article aside address".split())
"""Elements that say how it looks, or where on a page it stands: their content stays."""
ATTRIBUTES = {
    "*": frozenset({"dir", "lang"}),
    "a": frozenset({"href"}),
    "img": frozenset({"src", "alt"}),
    "ol": frozenset({"start"}),
    "td": frozenset({"colspan", "rowspan"}),
    "th": frozenset({"colspan", "rowspan"}),
}
HEADING = re.compile(r"<(/?)h[1-6]([ >])")
HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?(:[0-9]{1,5})?")
PLAIN = '<div style="white-space:pre-wrap">'
"""How ``parse`` marks a part of plain text among HTML; the only style that is left here."""
MOST_HOSTS = 10
LONGEST = 400_000


def view(raw: bytes) -> Parsed:
    """Read a mail for a page: ``html`` is that of its new words, for ``shown``, or None where the text has to do."""
    mail = parse(raw, DEFAULT, _harmless)
    if not isinstance(mail, Mail) or mail.html is None:
        return mail
    whole = mail.html.replace(PLAIN, '<div class="plain">')
    html = html_of(whole, mail.reply_text) if mail.quoted_text or mail.signature_text else whole
    if html is not None and len(html) > LONGEST:
        html = None
    return replace(mail, html=html, text="", quoted_text="", signature_text="")


def view_answer(page: str) -> str | None:
    """An agent's words in a letter that was sent to a customer, for ``shown``; None where its template marks none."""
    words = LexborHTMLParser(page).css_first("div.words")
    inner = words.inner_html if words is not None else None
    return _harmless(inner, DEFAULT)[0] if inner else None


def hosts_of(html: str) -> tuple[str, ...]:
    """Where the pictures from elsewhere lie, as sources of a content security policy: https://pictures.example."""
    found = dict.fromkeys(
        host for image in LexborHTMLParser(html).css("img") if (host := _host(image.attributes.get("src") or ""))
    )
    return tuple(found)[:MOST_HOSTS]


def shown(html: str, inline: Callable[[str], str | None], blocked: str, *, remote: bool = False) -> str:
    """The HTML as it stands in a page. ``inline`` gives the address of a picture in the mail by its Content-ID;
    ``blocked`` stands in place of one from elsewhere, unless ``remote`` ones are asked for."""
    body = LexborHTMLParser(html).body
    if body is None:
        return ""
    for image in body.css("img"):
        _place(image, inline, blocked, remote)
    return (body.inner_html or "").strip()


def _place(image: LexborNode, inline: Callable[[str], str | None], blocked: str, remote: bool) -> None:
    source = image.attributes.get("src") or ""
    place = inline(source[4:]) if source[:4].lower() == "cid:" else source if remote and _host(source) else None
    alt = (image.attributes.get("alt") or "").strip()
    if place is None:
        words = alt or (blocked if _host(source) else "")
        image.replace_with(f"[{words}]" if words else "")
        return
    image.attrs["src"] = place
    image.attrs["alt"] = alt
    image.attrs["referrerpolicy"] = "no-referrer"


def _host(source: str) -> str | None:
    """The scheme and host of a picture from elsewhere; None for one that is none, or that no policy could name."""
    try:
        parts = urlsplit(source)
    except ValueError:
        return None
    host = parts.netloc.lower()
    return f"{parts.scheme}://{host}" if parts.scheme in ("http", "https") and HOST.fullmatch(host) else None


@cache
def _cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(TAGS - LOOKS),
        clean_content_tags=set(WITH_CONTENT),
        attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
        attribute_filter=_attribute,
        link_rel="noopener noreferrer nofollow",
        url_schemes={"http", "https", "mailto", "cid"},
        url_relative="deny",
    )


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name == "src":
        return value if value[:4].lower() == "cid:" or _host(value) else None
    if name == "href":
        return None if value[:4].lower() == "cid:" else value
    return value


def _harmless(html: str, limits: Limits) -> tuple[str | None, str | None]:
    """As ``sanitise``: the harmless HTML and None, or None and why there is none."""
    if len(html) > limits.html:
        return None, "html-too-long"
    if too_deep(html, limits.html_depth):
        return None, "html-too-deep"
    return HEADING.sub(_plain_heading, _cleaner().clean(html)), None


def _plain_heading(tag: re.Match[str]) -> str:
    """What a mail says as a heading is none of the page's, whose outline is its own."""
    return "</div>" if tag[1] else '<div class="heading"' + tag[2]
