"""The marks by which our own words are known again when a mail program sends them back.

A mark is a short code without blanks at the head of a line, so neither quoting (``> ``), nor wrapping, nor a way
through HTML takes it apart, and it is the same in every language. Whoever changes a template keeps its marks; the
check of the templates says so. Text of others is ``defused`` before it stands in a mail to an agent: no customer
can set a mark.
"""

from __future__ import annotations

import re

ABOVE = "[cf:above]"
"""Above this line an agent writes to the customer; it opens every mail about a ticket, but for questions."""

FILES = "[cf:files]"
DO = "[cf:do]"
TICKET = "[cf:ticket]"
HISTORY = "[cf:history]"
END = "[cf:end]"
NOTICE = "[cf:notice]"
"""Opens what is told of an agent's mail, or by the clock; no answer reaches a customer where ``ABOVE`` is not there."""

MARK = re.compile(r"\[cf:[a-z]{2,12}\]", re.IGNORECASE)


def defused(text: str) -> str:
    """The same text with every mark in it made unrecognisable."""
    return re.sub(r"\[(?=cf:)", "[ ", text, flags=re.IGNORECASE)
