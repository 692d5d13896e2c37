"""What the API answers of people, ratings and the ledger, for its document."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from daemon.web.api.answers import Answer, Brief, Moment


class Rating(Answer):
    """How somebody was served."""

    id: str
    ticket_id: str
    user_id: str | None
    positive: bool
    at: Moment


class Ratings(Answer):
    """Ratings, oldest first."""

    data: list[Rating]
    next_after: str | None


class Address(Answer):
    """An address of somebody; proved: it is known to be theirs."""

    email: str
    proved: bool


class ListedCard(Answer):
    """Somebody's card, as a list has it."""

    id: str
    name: str
    email: str | None
    emails: list[Address]
    phone: str
    organisation: str
    remark: str
    language: str | None
    created_at: Moment


class Card(ListedCard):
    """Somebody's card, and the tickets that they opened or take part in, the newest first."""

    tickets: list[str]


class Cards(Answer):
    """People, by name."""

    data: list[ListedCard]
    next_after: str | None


class Agent(Brief):
    """An agent."""

    teams: list[str]
    leads: list[str]
    away: bool


class Agents(Answer):
    """All agents."""

    data: list[Agent]


class Team(Answer):
    """A team, and the addresses of its agents."""

    name: str
    agents: list[str]


class Teams(Answer):
    """All teams."""

    data: list[Team]


class Me(Answer):
    """What a token is and may."""

    name: str
    scopes: list[str]
    role: Literal["agent", "requester", "program"]
    user_id: str | None


class Mail(Answer):
    """A mail in the ledger."""

    id: Annotated[str, Field(examples=["inbound_17"])]
    state: Literal["filed", "ignored", "quarantined", "failed"]
    because: str
    sentence: str
    source: str
    desk: str
    recipient: str
    sender: str | None
    subject: str
    from_: Annotated[str, Field(alias="from")]
    ticket_id: str | None
    message_id: str | None
    attempts: int
    retry_at: Moment | None
    error: str | None
    received_at: Moment
    recorded_at: Moment


class Mails(Answer):
    """Mails of the ledger, newest first."""

    data: list[Mail]
    next_before: str | None


class Settled(Answer):
    """What became of a mail."""

    id: str
    outcome: str
    because: str
    ticket_id: str | None
