"""HTML made harmless: an allow-list (invariant 16) that loads nothing from anywhere.

Kept are text, tables, lists, links to http, https and mailto, pictures that travel in the mail (``cid:``), and styles
from a short list of properties without ``url()``. nh3 is quadratic in depth and cannot be interrupted, so the depth
is counted first, from above: tags that close themselves do not count, each other one that is open does.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

import nh3

from daemon.mail.limits import Limits

TAGS = frozenset(
    "a abbr address article aside b bdi bdo big blockquote br caption center cite code col colgroup "
    "dd del dfn div dl dt em"
    " figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav "
    "ol p pre q s samp section"
    " small span strike strong sub sup table tbody td tfoot th thead time tr tt u ul var wbr".split()
)
WITH_CONTENT = frozenset(
    "script style title iframe object embed applet noscript noembed noframes template svg math textarea select xmp"
    " audio video canvas head".split()
)
ATTRIBUTES = {
    "*": frozenset({"align", "bgcolor", "dir", "lang", "style", "title", "valign", "width", "height"}),
    "a": frozenset({"href", "name"}),
    "blockquote": frozenset({"type"}),
    "col": frozenset({"span"}),
    "font": frozenset({"color", "face", "size"}),
    "img": frozenset({"src", "alt", "border"}),
    "ol": frozenset({"start", "type"}),
    "table": frozenset({"border", "cellpadding", "cellspacing"}),
    "td": frozenset({"colspan", "rowspan", "nowrap"}),
    "th": frozenset({"colspan", "rowspan", "nowrap"}),
}
STYLES = frozenset(
    "background-color border border-bottom border-collapse border-color border-left border-radius border-right"
    " border-spacing border-style border-top border-width color direction display font-family "
    "font-size font-style font-weight"
    " height letter-spacing line-height list-style-type margin margin-bottom margin-left margin-right "
    "margin-top max-width"
    " min-width padding padding-bottom padding-left padding-right padding-top text-align text-decoration text-indent"
    " text-transform vertical-align white-space width word-break word-wrap".split()
)
FETCHES = re.compile(r"url|image|expression|\\|@|javascript", re.IGNORECASE)
TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,19})")
CLOSE_THEMSELVES = frozenset(
    "area base br col embed hr img input link meta param source track wbr p li dd dt td th tr "
    "option optgroup tbody thead"
    " tfoot colgroup caption html head body".split()
)


@cache
def _cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(TAGS),
        clean_content_tags=set(WITH_CONTENT),
        attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
        attribute_filter=_attribute,
        link_rel="noopener noreferrer",
        url_schemes={"http", "https", "mailto", "cid"},
        filter_style_properties=set(STYLES),
        url_relative="deny",
    )


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name == "style":
        return None if FETCHES.search(value) else value
    if name == "src":
        return value if value[:4].lower() == "cid:" else None
    if name == "href":
        return None if value[:4].lower() == "cid:" else value
    return value


def sanitise(html: str, limits: Limits) -> tuple[str | None, str | None]:
    """Return the harmless HTML and None, or None and why there is none."""
    if len(html) > limits.html:
        return None, "html-too-long"
    if too_deep(html, limits.html_depth):
        return None, "html-too-deep"
    return _cleaner().clean(html), None


def too_deep(html: str, depth: int) -> bool:
    """Whether more than ``depth`` elements may be open at one place."""
    if html.count("<") <= depth:
        return False
    open_now: Counter[str] = Counter()
    total = 0
    for match in TAG.finditer(html):
        tag = match[2].lower()
        if tag in CLOSE_THEMSELVES:
            continue
        if not match[1]:
            open_now[tag] += 1
            total += 1
            if total > depth:
                return True
        elif open_now[tag]:
            open_now[tag] -= 1
            total -= 1
    return False
