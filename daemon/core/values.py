"""The values that travel through the house.

Everything here is frozen and made of plain data, so that it can cross a process boundary, be compared
in a test and be read in a log. Instants are whole seconds since 1970-01-01 UTC. A *reason* (``because``)
is kebab-case. Nothing here knows where a value came from or where it will be kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Instant = int

_FOLD = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}

AutomaticKind = Literal["auto-reply", "bounce", "bulk", "list", "receipt", "feedback", "challenge", "own"]


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox: display name (may be empty) and ``local@domain``, domain in lower case."""

    name: str
    address: str

    @property
    def key(self) -> str:
        """The form in which two spellings of one mailbox are equal; only ASCII folds, no look-alike is taken in."""
        return self.address.translate(_FOLD)

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class Attachment:
    """One part of a message that is not its text, addressed by its number.

    ``offset`` and ``length`` delimit the still encoded body inside the raw message, ``encoding`` is its
    Content-Transfer-Encoding; ``size`` and ``sha256`` (hex) are those of the decoded bytes.
    """

    part: int
    name: str
    content_type: str
    size: int
    sha256: str
    content_id: str | None
    inline: bool
    encoding: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Automatic:
    """A machine wrote this mail: what kind of machine, and what gave it away."""

    kind: AutomaticKind
    because: str


@dataclass(frozen=True, slots=True)
class BouncedRecipient:
    """One recipient of a delivery status notification (RFC 3464)."""

    address: str
    status: str | None
    smtp_code: str | None
    action: str | None
    reason: str | None
    permanent: bool


@dataclass(frozen=True, slots=True)
class Bounce:
    """What a bounce says: the Message-ID of the mail that bounced, and for whom."""

    message_id: str | None
    recipients: tuple[BouncedRecipient, ...]


@dataclass(frozen=True, slots=True)
class Forwarded:
    """Somebody else's mail that a mail passes on, and its author as far as can be told.

    ``sender`` has the address '' where none could be read; ``words`` are the new words of the forwarded mail and
    ``language`` is theirs, ``above`` is what the one who forwards it says of it. ``message_id`` and ``date`` are known
    of an ``attached`` one. ``certain``: it is the only one, and says of exactly one address that it is its author's.
    ``others`` are further mails below or beside it, in their order.
    """

    sender: Address
    subject: str
    words: str
    message_id: str | None
    date: Instant | None
    attached: bool
    certain: bool
    above: str = ""
    language: str | None = None
    others: tuple[Forwarded, ...] = ()


@dataclass(frozen=True, slots=True)
class Mail:
    """A parsed mail. Total: each field has a value, however broken the bytes were.

    ``sender`` is the one usable author, or None; ``from_text`` is the decoded From header as it stood.
    Message-IDs are without angle brackets. ``text`` is the whole decoded text (HTML turned into text when there
    is no plain part) and falls into ``reply_text`` (the new words), ``quoted_text`` and ``signature_text``;
    ``html`` is sanitised. ``sha256`` (hex) is that of the raw bytes, ``fingerprint`` (hex) the SHA-256 over what
    makes a mail itself (invariant 4) but for the desk. ``date`` is what the Date header claims, or None.
    ``delivered_to`` and ``return_path`` ('' = the null sender, None = not told) are what the host that took the mail
    in wrote down of its envelope; whoever sent it may have written them just as well. ``headers`` are the first of the
    other headers (name in lower case, decoded value), for rules that look at them: anybody's words. ``language`` is
    that of the new words (ISO 639-1), or None.
    """

    size: int
    sha256: str
    fingerprint: str
    subject: str
    sender: Address | None
    from_text: str
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    date: Instant | None
    message_id: str | None
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    text: str
    html: str | None
    reply_text: str
    quoted_text: str
    signature_text: str
    attachments: tuple[Attachment, ...]
    automatic: Automatic | None
    bounce: Bounce | None
    language: str | None
    defects: tuple[str, ...]
    delivered_to: tuple[str, ...] = ()
    return_path: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    forwarded: Forwarded | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A mail that is kept raw and not acted upon: past a cap, of no one author, or too much for a worker.

    ``subject`` and ``from_text`` are what could be read of them cheaply, for the operator's list.
    """

    because: str
    size: int
    sha256: str
    fingerprint: str
    subject: str = ""
    from_text: str = ""
    message_id: str | None = None
    detail: str = ""


Parsed = Mail | Unreadable


@dataclass(frozen=True, slots=True)
class Evidence:
    """The verdict on a mail's author: what stands behind its From.

    ``proved``: evidence that its door is configured to trust says that it comes from who From says; an agent's mail
    acts on that alone. ``because``: which evidence (submission, network, dkim, authentication-results, header,
    confirmed), or why there is none. ``address``: what ties this very mail to the address in From (submission, dkim,
    spf, authentication-results), whatever the door trusts, or None: invariant 10. ``signed``: with DKIM and
    Authentication-Results, what the vouched-for headers name: the keys of the addresses in To and Cc, the Message-IDs
    of In-Reply-To and References in angle brackets; else None. ``detail`` says to people what was seen.
    """

    proved: bool
    because: str
    address: str | None = None
    signed: frozenset[str] | None = None
    detail: str = ""


NO_EVIDENCE = Evidence(False, "no-evidence")


@dataclass(frozen=True, slots=True)
class Envelope:
    """How a mail reached us.

    ``sender`` is the envelope sender ('' = the null sender, None = unknown, as from a file); ``recipients`` the
    envelope recipients of ours; ``source`` smtp, lmtp, file, imap:<mailbox>, api, portal; ``source_key`` what
    names the mail there; ``received_at`` the end of DATA, by IMAP the INTERNALDATE. ``login`` is the address that
    authenticated, ``door`` the listener or mailbox through which it came. A ``silent`` mail is filed and nobody is
    told of it: history that lay in a mailbox before we came.
    """

    source: str
    source_key: str
    sender: str | None
    recipients: tuple[str, ...]
    received_at: Instant
    peer: str = ""
    login: str | None = None
    trusted_network: bool = False
    door: str = ""
    silent: bool = False


OutcomeState = Literal["filed", "ignored", "quarantined", "failed", "rejected", "deferred"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one mail ended for one envelope recipient (invariant 6).

    ``rejected`` and ``deferred`` leave no row: the peer is told 5xx or 4xx. ``inbound`` is the ledger row.
    """

    recipient: str
    state: OutcomeState
    because: str
    inbound: int | None = None
    ticket: int | None = None
    message: int | None = None


@dataclass(frozen=True, slots=True)
class Parcel:
    """An outbox row on its way: Message-ID and bytes are fixed, only the delivery is open.

    ``sender`` is the envelope sender ('' = the null sender). Parcels of one (ticket, recipient) leave in the order
    of their ids.
    """

    id: int
    ticket: int | None
    recipient: str
    sender: str
    message_id: str
    attempts: int
    created_at: Instant
