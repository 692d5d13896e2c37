"""What a client writes on a page, made into the mail that it would have been, and taken in as one.

So it is screened, routed, promised, acknowledged and threaded as mail is, and its bytes are the record. A form bears a
nonce and the instant at which it was shown; they become Message-ID and Date, so that one sent twice is one mail.
Whoever is signed in proved their address by that; of all others it is as unproved as an ordinary From.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from daemon.core.values import NO_EVIDENCE, Address, Envelope, Evidence, Instant, Outcome
from daemon.desk.change import change
from daemon.desk.fields import of_team
from daemon.desk.house import House
from daemon.desk.intake import Reception
from daemon.desk.signing_in import SIGN_IN, Visitor
from daemon.mail.compose import compose
from daemon.mail.letter import Enclosure, Letter
from daemon.store import facts
from daemon.store.clients import ClientTicket

DAY = 86_400
SIGNED_IN = Evidence(True, SIGN_IN, SIGN_IN)


@dataclass(frozen=True, slots=True)
class Form:
    """What was written: ``once`` is the form's own nonce, ``shown_at`` when it was shown, ``peer`` who sent it,
    ``language`` that of the page."""

    words: str
    files: tuple[Enclosure, ...]
    once: str
    shown_at: Instant
    peer: str
    language: str | None = None


async def submit(
    house: House,
    reception: Reception,
    desk: str,
    author: Address,
    subject: str,
    form: Form,
    visitor: Visitor | None,
    values: dict[str, str],
) -> Outcome:
    """Take in a new request; ``Unsafe`` (``mail.compose``) for what no header can say.

    ``values`` of the operator's own fields (``fields.canonical``) stand below the words, where an agent reads them, and
    are filled in on the ticket.
    """
    titles = {field.name: field.title for field in house.policy.fields}
    lines = "".join(f"\n{titles[name]}: {value}" for name, value in values.items() if value)
    told = replace(form, words=f"{form.words}\n{lines}" if lines else form.words)
    letter = _letter(house, desk, author, house.book.address(desk), subject, told)

    def fill_in(outcome: Outcome) -> None:
        if outcome.state == "filed" and outcome.ticket is not None and lines:
            person = facts.ticket_row(outcome.ticket).requester_id
            team = facts.ticket_row(outcome.ticket).team
            has = {field.name for field in of_team(house, team, portal=True)}
            wanted = {name: value for name, value in values.items() if value and name in has}
            change(house, outcome.ticket, {}, person, "filled-in-by-customer", filled=wanted)

    return await _take_in(house, reception, letter, form, visitor, fill_in)


async def reply(
    house: House, reception: Reception, visitor: Visitor, seen: ClientTicket, thread: tuple[str, ...], form: Form
) -> Outcome:
    """Take in what a client says on a ticket of theirs; ``thread`` is that of ``thread_of``."""
    desk = house.desk(seen.desk).name
    token = house.keyring.token(seen.number, visitor.person)
    to = house.book.reply_address(desk, seen.number, token)
    author = Address(visitor.name, visitor.address)
    letter = _letter(house, desk, author, to, f"Re: {seen.subject} [#{seen.number}]", form, thread)
    return await _take_in(house, reception, letter, form, visitor)


def thread_of(seen: ClientTicket, person: int) -> tuple[str, ...]:
    """The Message-IDs that a client has seen of a ticket, the oldest first. Reads only."""
    return facts.conversation(seen.id, person)


def _letter(
    house: House, desk: str, author: Address, to: str, subject: str, form: Form, thread: tuple[str, ...] = ()
) -> Letter:
    now = house.now()
    return Letter(
        message_id=f"portal.{form.once}@{house.domain(desk)}",
        date=form.shown_at if now - DAY <= form.shown_at <= now else now,
        sender=author,
        to=(Address("", to),),
        subject=subject,
        text=form.words,
        in_reply_to=thread[-1] if thread else None,
        references=thread,
        enclosures=form.files,
    )


async def _take_in(
    house: House,
    reception: Reception,
    letter: Letter,
    form: Form,
    visitor: Visitor | None,
    then: Callable[[Outcome], None] = lambda _: None,
) -> Outcome:
    signed_in = visitor is not None and visitor.address == letter.sender.address
    envelope = Envelope(
        source="portal",
        source_key=form.once,
        sender=letter.sender.address,
        recipients=(letter.to[0].address,),
        received_at=house.now(),
        peer=form.peer,
        login=letter.sender.address if signed_in else None,
    )
    evidence = SIGNED_IN if signed_in else NO_EVIDENCE
    return await reception.receive_form(compose(letter), envelope, evidence, form.language, then)
