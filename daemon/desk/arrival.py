"""One mail at one desk, with all that its treatment needs to know of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from daemon.core.values import Envelope, Evidence, Mail, Parsed
from daemon.desk.words import Said
from daemon.mail.address import Recipient


@dataclass(frozen=True, slots=True)
class Arrival:
    """``to`` is the desk and what the recipient's address says of ticket and person; ``words`` what an agent's mail
    would say to a customer. ``again`` is the ledger row of a mail that is being tried once more, ``evidence`` overrules
    what its door vouches for.
    """

    raw: bytes
    parsed: Parsed
    envelope: Envelope
    to: Recipient
    words: Said | None = None
    again: int | None = None
    evidence: Evidence | None = None

    @property
    def mail(self) -> Mail:
        """The mail, where it is known to be readable."""
        assert isinstance(self.parsed, Mail)
        return self.parsed

    @property
    def claim(self) -> str:
        """What is unique to this mail at this desk (invariant 4), hexadecimal SHA-256."""
        return self.claim_at(self.to.desk)

    def claim_at(self, desk: str) -> str:
        """What would be unique to it at another desk."""
        return hashlib.sha256(f"{desk}\n{self.parsed.fingerprint}".encode()).hexdigest()

    @property
    def dated(self) -> bool:
        """Whether the mail is itself for ever; without Date and Message-ID, a later one like it is another."""
        date = self.parsed.date if isinstance(self.parsed, Mail) else None
        return date is not None or bool(self.parsed.message_id)


_NO_ENVELOPE = Envelope("api", "", None, (), 0)
_NO_MAIL = Mail(
    size=0,
    sha256="",
    fingerprint="",
    subject="",
    sender=None,
    from_text="",
    to=(),
    cc=(),
    reply_to=(),
    date=None,
    message_id=None,
    in_reply_to=(),
    references=(),
    text="",
    html=None,
    reply_text="",
    quoted_text="",
    signature_text="",
    attachments=(),
    automatic=None,
    bounce=None,
    language=None,
    defects=(),
)


def literal(mail: Mail) -> Mail:
    """A mail that a form or a program made, whose words are words: none a quote or a signature, and no machine's."""
    return replace(
        mail,
        reply_text=mail.text.strip("\n"),
        quoted_text="",
        signature_text="",
        automatic=None,
        bounce=None,
        forwarded=None,
    )


def without_mail(desk: str) -> Arrival:
    """What stands in its place where no mail came: somebody's word, or the clock."""
    return Arrival(b"", _NO_MAIL, _NO_ENVELOPE, Recipient(desk, "desk"))
