"""Whether a mail is a bounce, of which mail, and for whom.

First what machines wrote for machines (message/delivery-status, X-Failed-Recipients), then flufl.bounce with its
knowledge of old servers, then the words. The latter two are asked only of mail that looks like a bounce from outside,
by its sender, its subject or its null return path, so that no customer who quotes a bounce becomes one.
"""

from __future__ import annotations

import re

from daemon.core.values import Address, Bounce, BouncedRecipient
from daemon.mail.automatic import AUTO_SUBJECT, BOUNCE_SUBJECT, DAEMONS
from daemon.mail.bounce_reason import judge
from daemon.mail.bounce_text import above_the_returned, described, read_text
from daemon.mail.charset import clean, decode
from daemon.mail.delivery_status import read_status
from daemon.mail.headers import as_text, message_ids
from daemon.mail.limits import Limits
from daemon.mail.mailboxes import read_mailboxes
from daemon.mail.structure import Part, Structure, first
from daemon.mail.transfer import decode_body

RETURNED_TYPES = (
    "message/rfc822",
    "text/rfc822-headers",
    "message/rfc822-headers",
    "message/global",
    "message/global-headers",
)
STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status", "text/delivery-status")
NEVER = ("message/disposition-notification", "message/feedback-report")
MESSAGE_ID = re.compile(r"^[ \t>]{0,8}Message-ID:\s{0,4}<([^<>\s]{1,998})>", re.IGNORECASE | re.MULTILINE)


def find_bounce(
    data: bytes, structure: Structure, sender: Address | None, subject: str, text: str, limits: Limits
) -> Bounce | None:
    """Return what bounced, or None. ``text`` is the decoded text of the mail."""
    leaves = structure.leaves
    if any(leaf.type.value in NEVER for leaf in leaves):
        return None
    recipients = _from_status(data, leaves, text, limits)
    if recipients == ():
        return None
    if recipients is None:
        if not _looks_like_one(structure, sender, subject, text):
            return None
        recipients = _failed_header(structure, text) or _from_words(structure, sender, text)
        if not recipients:
            recipients = _from_flufl(data, limits)
        if not recipients:
            return None
    return Bounce(_returned_id(data, leaves, text, limits), recipients)


def _from_status(data: bytes, leaves: list[Part], text: str, limits: Limits) -> tuple[BouncedRecipient, ...] | None:
    """The failed recipients; () for a notice of delivery; None where there is no notice."""
    for leaf in leaves:
        if leaf.type.value in STATUS_TYPES:
            notice = read_status(_content(data, leaf, limits), above_the_returned(text))
            if notice.recipients or notice.delivered:
                return notice.recipients
    if "inal-Recipient:" in text[:20_000] and "ction:" in text[:20_000]:
        return read_status(text[:20_000], above_the_returned(text)).recipients or None
    return None


def _content(data: bytes, leaf: Part, limits: Limits) -> str:
    raw = data[leaf.start : min(leaf.end, leaf.start + limits.bounce)]
    return clean(decode(decode_body(raw, leaf.encoding)[0], leaf.type.parameters.get("charset", "")).text)


def _looks_like_one(structure: Structure, sender: Address | None, subject: str, text: str) -> bool:
    headers = structure.headers
    if first(headers, "x-failed-recipients") is not None:
        return True
    if AUTO_SUBJECT.match(subject) and not BOUNCE_SUBJECT.match(subject):
        return False
    from_text = as_text(first(headers, "from"))
    local = sender.address.rpartition("@")[0] if sender else from_text.partition("@")[0].rpartition("<")[2]
    by_name = DAEMONS.fullmatch(local.strip()) is not None or DAEMONS.match(from_text.strip('" ')) is not None
    null = as_text(first(headers, "return-path")).replace(" ", "") in ("<>", "<MAILER-DAEMON>", "<#@[]>")
    by_subject = BOUNCE_SUBJECT.match(subject) is not None
    has_returned = any(leaf.type.value in RETURNED_TYPES for leaf in structure.leaves)
    return by_name or (null and (by_subject or has_returned)) or (by_subject and (has_returned or _returns(text)))


def _returns(text: str) -> bool:
    return above_the_returned(text) != text


def _failed_header(structure: Structure, text: str) -> tuple[BouncedRecipient, ...]:
    failed = [
        one for one in as_text(first(structure.headers, "x-failed-recipients")).replace(",", " ").split() if "@" in one
    ]
    if not failed:
        return ()
    told = {one.address.lower(): one for one in read_text(text, frozenset())}
    words = above_the_returned(text)
    verdict = judge(" ".join(words.split()), None, None)
    return tuple(told.get(one.lower()) or described(one, verdict, [words]) for one in dict.fromkeys(failed))


def _from_words(structure: Structure, sender: Address | None, text: str) -> tuple[BouncedRecipient, ...]:
    to = read_mailboxes(as_text(first(structure.headers, "to")), Limits())
    ours = {one.address.lower() for one in to.addresses}
    if sender:
        ours.add(sender.address.lower())
    return read_text(text, frozenset(ours))


def _from_flufl(data: bytes, limits: Limits) -> tuple[BouncedRecipient, ...]:
    from email import message_from_bytes  # dear, and only for what looks like a bounce

    try:
        from flufl.bounce import all_failures

        temporary, permanent = all_failures(message_from_bytes(data[: limits.bounce]))
    except Exception:  # noqa: BLE001 - it raises anything on hostile mail
        return ()
    found = []
    for addresses, lasting in ((permanent, True), (temporary, False)):
        for one in sorted(addresses):
            address = one.decode("ascii", "replace") if isinstance(one, bytes) else str(one)
            found.append(
                BouncedRecipient(
                    address,
                    None,
                    None,
                    "failed" if lasting else "delayed",
                    "undefined" if lasting else "expired",
                    lasting,
                )
            )
    return tuple(found)


def _returned_id(data: bytes, leaves: list[Part], text: str, limits: Limits) -> str | None:
    """The Message-ID of the mail that came back."""
    for leaf in leaves:
        if leaf.type.value in RETURNED_TYPES:
            head = _content(data, leaf, limits).partition("\n\n")[0]
            match = MESSAGE_ID.search(head)
            if match:
                return match[1]
    match = MESSAGE_ID.search(text[: limits.bounce])
    if match:
        ids = message_ids(f"<{match[1]}>".encode("utf-8", "replace"), 1, limits.message_id_characters)
        return ids[0] if ids else None
    return None
