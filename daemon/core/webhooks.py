"""What an endpoint is told of events, in which words, and when it is tried again.

Rules: ids, never addresses or words of a mail; the id of a message is that of its event, so that one that comes twice
is recognised; what an endpoint wants is told by the kind of the event and by where its ticket is at present.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from daemon.core.values import Instant

KINDS = frozenset(
    "ticket_opened customer_replied agent_replied automatic_received note_added note_withdrawn reply_held "
    "reply_withdrawn status_changed assigned team_changed priority_changed type_changed tagged untagged "
    "subject_changed resolution_set field_changed requester_changed participant_added participant_removed snoozed "
    "merged unmerged split promise_made promise_changed promise_paused promise_resumed promise_warned promise_kept "
    "promise_fulfilled promise_broken promise_cancelled escalated reminded follow_up mail_delivered mail_failed "
    "delivery_settled bounced rated erased".split()
)
"""Every kind of event that there is; a test finds any other in the code."""
TEST = "webhook.test"
GONE = 410
DOUBLINGS = 24


@dataclass(frozen=True, slots=True)
class Happening:
    """An event, and where its ticket is at present. ``data`` as the event holds it."""

    id: int
    ticket: int
    kind: str
    at: Instant
    recorded_at: Instant
    actor: int | None
    because: str
    data: Mapping[str, Any]
    desk: str
    team: str


@dataclass(frozen=True, slots=True)
class Wish:
    """Of which events an endpoint hears; an empty set is all."""

    kinds: frozenset[str] = field(default_factory=frozenset)
    desks: frozenset[str] = field(default_factory=frozenset)
    teams: frozenset[str] = field(default_factory=frozenset)

    def wants(self, kind: str, desk: str, team: str) -> bool:
        told = ((self.kinds, kind), (self.desks, desk), (self.teams, team))
        return all(not wanted or value in wanted for wanted, value in told)


@dataclass(frozen=True, slots=True)
class Told:
    """A message as an endpoint gets it: ``id`` stays the same however often it is sent."""

    id: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Accepted:
    """The endpoint answered with success."""

    status: int


@dataclass(frozen=True, slots=True)
class Declined:
    """The endpoint did not take it: ``reason`` in words of ours. ``wait``: seconds for which it asked to be left alone;
    ``gone``: it asks never to be called again."""

    reason: str
    wait: int = 0
    gone: bool = False


Answer = Accepted | Declined


def told(event: Happening) -> Told:
    """The message about an event."""
    data = {
        "id": f"event_{event.id}",
        "ticketId": f"ticket_{event.ticket}",
        "kind": event.kind,
        "at": moment(event.at),
        "recordedAt": moment(event.recorded_at),
        "actorId": f"user_{event.actor}" if event.actor is not None else None,
        "because": event.because,
        "data": dict(event.data),
    }
    return Told(f"event_{event.id}", {"type": f"ticket.{event.kind}", "timestamp": moment(event.at), "data": data})


def trial(name: str, nonce: str, now: Instant) -> Told:
    """A message that tells of nothing, for trying an endpoint."""
    return Told(f"test_{nonce}", {"type": TEST, "timestamp": moment(now), "data": {"webhook": name}})


def moment(instant: Instant) -> str:
    """An instant as RFC 3339 has it, in UTC."""
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def pause(attempts: int, first: int, longest: int, asked: int = 0) -> int:
    """Seconds until the next try after so many that failed: doubled each time, and longer where the endpoint asked."""
    doubled = first << min(max(attempts - 1, 0), DOUBLINGS)
    return min(max(doubled, asked), longest)


def wait(due_at: Instant, now: Instant, longest: int) -> int:
    """Seconds until a try that is due then; one that is due later than any pause lasts was put off before the clock
    was set back, and is due now."""
    left = due_at - now
    return left if 0 < left <= 2 * longest else 0
