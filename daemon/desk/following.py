"""What a client sees and does on the pages of their tickets. What they write goes in as mail (``submitting``)."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.core.status import BACKLOG
from daemon.desk import rating
from daemon.desk.change import change
from daemon.desk.house import House
from daemon.desk.signing_in import Visitor
from daemon.store import clients
from daemon.store import fields as rows
from daemon.store import raw as kept
from daemon.store.clients import ClientTicket, Said

DONE = ("resolved", "closed")
A_PAGE = 50


@dataclass(frozen=True, slots=True)
class Conversation:
    """A ticket with what its client may see of it. ``rated``: what they said of it last; ``may_rate``: it is asked;
    ``fields``: the operator's own that clients see, each its title and value."""

    ticket: ClientTicket
    said: tuple[Said, ...]
    may_close: bool
    may_rate: bool
    rated: bool | None
    fields: tuple[tuple[str, str], ...]

    @property
    def is_done(self) -> bool:
        return self.ticket.status in DONE


def tickets(house: House, visitor: Visitor, page: int = 1) -> tuple[tuple[ClientTicket, ...], bool]:
    """A page of a client's tickets, the one that changed last first, and whether there are more. Reads only."""
    if visitor.ticket is not None:
        only = find(house, visitor, visitor.ticket)
        return ((only,) if only is not None else ()), False
    mine = clients.tickets(visitor.person, A_PAGE + 1, (page - 1) * A_PAGE)
    return tuple(one for one in mine[:A_PAGE] if house.desk(one.desk).portal), len(mine) > A_PAGE


def find(house: House, visitor: Visitor, number: int) -> ClientTicket | None:
    """One of a client's tickets. Reads only."""
    seen = clients.ticket(number, visitor.person) if visitor.may_see(number) else None
    return seen if seen is not None and house.desk(seen.desk).portal else None


def conversation(house: House, visitor: Visitor, number: int) -> Conversation | None:
    """One of a client's tickets with its conversation. Reads only."""
    seen = find(house, visitor, number)
    if seen is None:
        return None
    asked = rating.question(house, number, house.keyring.rate_token(number, visitor.person))
    return Conversation(
        seen,
        tuple(clients.with_files(clients.said(seen, visitor.person))),
        may_close=seen.status in BACKLOG and seen.requester == visitor.person,
        may_rate=asked is not None and not asked.lapsed and seen.status in DONE,
        rated=asked.said if asked is not None else None,
        fields=_fields(house, seen),
    )


def _fields(house: House, seen: ClientTicket) -> tuple[tuple[str, str], ...]:
    values = rows.values(seen.id)
    return tuple((one.title, values[one.name]) for one in house.policy.fields if one.portal and one.name in values)


def message(house: House, visitor: Visitor, number: int, wanted: int) -> Said | None:
    """One message of a client's ticket. Reads only."""
    seen = find(house, visitor, number)
    said = clients.said(seen, visitor.person) if seen is not None else []
    return next(iter(clients.with_files([one for one in said if one.id == wanted])), None)


def content(sha256: str) -> bytes:
    """The bytes of a mail. Reads only."""
    return kept.read(sha256)


def close(house: House, visitor: Visitor, number: int) -> bool:
    """Close a ticket by its requester's word; False where that is not theirs to say. In the writer's transaction."""
    seen = find(house, visitor, number)
    if seen is None or seen.requester != visitor.person or seen.status not in BACKLOG:
        return False
    change(house, seen.id, {"status": "closed"}, visitor.person, "closed-by-customer")
    return True


def rate(house: House, visitor: Visitor, number: int, positive: bool) -> bool:
    """Note how a client was served; False where it is not asked. In the writer's transaction."""
    seen = find(house, visitor, number)
    if seen is None or seen.status not in DONE:
        return False
    return rating.by_click(house, number, house.keyring.rate_token(number, visitor.person), positive)
