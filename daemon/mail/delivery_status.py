"""Delivery status notifications (RFC 3464): the machine's own account of what happened to each recipient."""

from __future__ import annotations

import re
from dataclasses import dataclass

from daemon.core.values import BouncedRecipient
from daemon.mail.bounce_reason import Verdict, judge
from daemon.mail.charset import clean_line
from daemon.mail.headers import decode_words

FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,60}):[ \t]*(.*)")
STATUS = re.compile(r"([245]\.\d{1,3}\.\d{1,3})")
ADDRESS = re.compile(r"[^\s<>\"(),;:]{1,64}@[^\s<>\"(),;:]{1,255}")
MOST_RECIPIENTS = 500


@dataclass(frozen=True, slots=True)
class Notice:
    """The recipients whose mail failed or waits, and whether any was said to be delivered or displayed."""

    recipients: tuple[BouncedRecipient, ...]
    delivered: bool


def read_status(text: str, words: str = "") -> Notice:
    """Read the text of a message/delivery-status part; ``words`` is what the mail says to people beside it."""
    found: list[BouncedRecipient] = []
    delivered = False
    words = " ".join(words[:8000].split())
    judged: dict[tuple[str, str | None, str | None], Verdict] = {}
    for block in _blocks(text):
        address = _address(block)
        if address is None:
            continue
        action = block.get("action", "").split("(")[0].strip().lower().rstrip(".") or None
        match = STATUS.search(block.get("status", ""))
        status = match[1] if match else None
        if action in ("delivered", "relayed", "expanded", "deliverable") or (status or "").startswith("2"):
            delivered = True
            continue
        diagnostic = decode_words(block.get("diagnostic-code", ""))
        diagnostic = re.sub(r"^[A-Za-z0-9_-]{1,20}\s?;\s?", "", diagnostic.strip())
        about = f"{diagnostic or words} {block.get('status', '')[5:]}"[:2000]
        verdict = judged.get((about, status, action)) or judge(about, status, action, words)
        judged[about, status, action] = verdict
        if len(found) < MOST_RECIPIENTS:
            found.append(
                BouncedRecipient(address, verdict.status, verdict.smtp_code, action, verdict.reason, verdict.permanent)
            )
    return Notice(tuple(found), delivered)


def _blocks(text: str) -> list[dict[str, str]]:
    """The groups of fields, parted by empty lines or by the next recipient; names in lower case, lines unfolded."""
    blocks: list[dict[str, str]] = []
    block: dict[str, str] = {}
    last = ""
    for line in text.split("\n"):
        match = FIELD.match(line)
        if match and not line[:1].isspace():
            name = match[1].lower()
            if name == "final-recipient" and name in block:
                blocks.append(block)
                block = {}
            block.setdefault(name, match[2])
            last = name
        elif line.strip() and last and line[:1].isspace():
            if len(block[last]) < 4000:
                block[last] += " " + line.strip()
        elif not line.strip():
            last = ""
            if "final-recipient" in block or "original-recipient" in block:
                if "status" in block or "action" in block:
                    blocks.append(block)
                    block = {}
            else:
                block = {}
        elif last and len(block[last]) < 4000:
            block[last] += " " + line.strip()
    if block:
        blocks.append(block)
    return blocks


def _address(block: dict[str, str]) -> str | None:
    """The failed address: the final one, unless only the original one has a domain that the world knows."""
    found = []
    for name in ("final-recipient", "original-recipient", "x-actual-recipient"):
        match = ADDRESS.search(clean_line(block.get(name, "")).rpartition(";")[2])
        if match:
            found.append(match[0].strip("'").rstrip("."))
    if found:
        return next((one for one in found if "." in one.rpartition("@")[2]), found[0])
    return clean_line(block.get("final-recipient", "")).rpartition(";")[2].strip(" <>")[:320] or None
