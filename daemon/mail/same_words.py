"""HTML that says the same as given words: the beginning of a mail's HTML, cut off where the words end.

Rules:
- It is cut from the end, leaf by leaf, until as many letters are left as the words have; then letters and digits must
  be the same, one by one. So a quote, a signature, a mark of ours can stay only if it is among the words.
- What plain text writes instead of HTML (``<https://…>`` after a link, ``[image: …]``, stars, bullets) does not count.
- Anything else, or HTML of more than 500,000 characters: None, and the caller makes HTML from the text.
"""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

_STAND_INS = re.compile(r"<(?:https?|mailto):[^<>\s]*>|\[(?:image|cid|bild|grafik)[^\[\]\n]*\]", re.IGNORECASE)
_NOT_LETTERS = re.compile(r"[\W_]+")
_PICTURE = "img"
LONGEST = 500_000


def html_of(html: str, words: str, head: str = "") -> str | None:
    """The part of sanitised ``html`` that says ``words``, or None. ``head`` stands above them and stays away."""
    body = LexborHTMLParser(html).body if len(html) <= LONGEST else None
    if body is None or not _without_head(body, _letters(_STAND_INS.sub("", head))):
        return None
    wanted = _letters(_STAND_INS.sub("", words))
    left = len(_letters(body.text()))
    while left > len(wanted):
        leaf = _last(body)
        if leaf.mem_id == body.mem_id:
            return None
        left -= len(_letters(leaf.text_content or "")) if leaf.tag == "-text" else 0
        leaf.decompose()
    if _letters(body.text()) != wanted:
        return None
    leaf = _last(body)
    while leaf.mem_id != body.mem_id and leaf.tag != _PICTURE and not _letters_or_signs(leaf):
        leaf.decompose()
        leaf = _last(body)
    return (body.inner_html or "").strip() or None


def _without_head(body: LexborNode, head: str) -> bool:
    """Cut off leaves from the beginning until these letters are gone; False where no leaf ends with them."""
    while head:
        leaf = _first(body)
        if leaf.mem_id == body.mem_id:
            return False
        letters = _letters(leaf.text_content or "") if leaf.tag == "-text" else ""
        if not head.startswith(letters):
            return False
        head = head[len(letters) :]
        leaf.decompose()
    return True


def _first(node: LexborNode) -> LexborNode:
    """The first leaf in the order of the document."""
    child = node.first_child
    while child is not None:
        node, child = child, child.first_child
    return node


def _last(node: LexborNode) -> LexborNode:
    """The last leaf in the order of the document."""
    child = node.last_child
    while child is not None:
        node, child = child, child.last_child
    return node


def _letters(text: str) -> str:
    return _NOT_LETTERS.sub("", text).casefold()


def _letters_or_signs(leaf: LexborNode) -> bool:
    return leaf.tag == "-text" and bool((leaf.text_content or "").strip())
