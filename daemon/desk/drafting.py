"""One letter that is to be written, with all that its writing may look at."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.core.plan import Outgoing, Plan
from daemon.core.values import Address, Attachment, Forwarded, Mail
from daemon.desk.arrival import Arrival
from daemon.desk.house import House
from daemon.mail import letters
from daemon.mail.answer import Words
from daemon.mail.attachments import attachment_bytes
from daemon.mail.cards import TicketCard
from daemon.mail.letter import Enclosure
from daemon.store.commit import Written
from daemon.store.dossier import Said
from daemon.store.facts import KnownPerson


@dataclass(slots=True)
class Shared:
    """What the letters of one plan show alike, looked up once: the card of the ticket, and what was said before."""

    card: TicketCard | None = None
    said: list[Said] | None = None


@dataclass(frozen=True, slots=True)
class Writing:
    """One letter to be written: of which plan, about which mail, to whom, under which Message-ID and reply token."""

    house: House
    plan: Plan
    written: Written
    arrival: Arrival
    inbound: int
    now: int
    outgoing: Outgoing
    person: KnownPerson
    message_id: str
    token: str
    shared: Shared

    @property
    def mail(self) -> Mail:
        return self.arrival.mail

    @property
    def desk(self) -> letters.Desk:
        """The desk in the language of whoever is written to."""
        agent = self.house.agent(self.person.id)
        return self.house.stationery(self.arrival.to.desk, agent.language if agent else self.person.language)

    @property
    def forwarded(self) -> Forwarded | None:
        """The customer's mail that the one at hand brought, which is what is told of."""
        return self.plan.filing.forwarded if self.plan.filing else None

    @property
    def ticket(self) -> int:
        assert self.written.ticket is not None
        return self.written.ticket

    @property
    def words(self) -> Words:
        """What the agent wrote, as far as it can be told from ours."""
        said = self.arrival.words
        words = said if isinstance(said, Words) else Words(self.mail.reply_text)
        public = self.plan.words
        return words if public is None or public == words.text else Words(public)

    @property
    def to(self) -> tuple[Address, ...]:
        return (Address(self.person.name, self.person.address),)


def enclosure(raw: bytes, attachment: Attachment) -> Enclosure:
    """A file of the mail at hand, to travel along."""
    content = attachment_bytes(raw, attachment)
    return Enclosure(attachment.name, attachment.content_type, content, attachment.content_id, attachment.inline)
