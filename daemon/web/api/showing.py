"""What the API shows: rows as objects in camelCase, instants in RFC 3339, UTC. Requesters are shown less."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from daemon.core.values import Instant
from daemon.store.conversation import File, Happened, Said
from daemon.store.display import Display, Somebody
from daemon.store.people import Contact

PATH = "/v2/support-tickets"


@lru_cache(maxsize=16_384)  # a list has hundreds, and is asked for again and again
def moment(instant: Instant | None) -> str | None:
    """An instant as RFC 3339 says it."""
    return None if instant is None else datetime.fromtimestamp(instant, UTC).isoformat()[: -len("+00:00")] + "Z"


def ticket(one: Display, *, whole: bool, cut: int | None = None) -> dict[str, Any]:
    """A ticket; ``whole``: with what only the desk sees. ``cut``: its description was read up to so many characters."""
    told: dict[str, Any] = {
        "id": f"ticket_{one.number}",
        "number": one.number,
        "subject": one.subject,
        "description": one.description,
        "descriptionTruncated": cut is not None and len(one.description) >= cut,
        "priority": one.priority,
        "status": one.status,
        "type": one.type,
        "assignedTo": one.assignee.address if whole and one.assignee else None,
        "user": _user(one.requester),
        "desk": one.desk,
        "createdAt": moment(one.opened_at),
        "updatedAt": moment(one.updated_at),
        "firstResponseAt": moment(one.first_response_at),
        "resolvedAt": moment(one.resolved_at),
        "closedAt": moment(one.closed_at),
    }
    return told | _internal(one) if whole else told


def _internal(one: Display) -> dict[str, Any]:
    resolved = one.resolution_code is not None or one.resolution_text is not None
    return {
        "assignee": _brief(one.assignee),
        "team": one.team,
        "tags": list(one.tags),
        "channel": one.channel,
        "resolution": {"code": one.resolution_code, "text": one.resolution_text} if resolved else None,
        "escalationLevel": one.escalation_level,
        "snoozedUntil": moment(one.snoozed_until),
        "mergedInto": f"ticket_{one.merged_into}" if one.merged_into is not None else None,
        "undelivered": one.undelivered is not None,
        "fields": dict(one.fields),
        "promises": [
            {
                "metric": promise.metric,
                "cycle": promise.cycle,
                "state": promise.state,
                "dueAt": moment(promise.due_at),
                "warnedAt": moment(promise.warned_at),
                "brokenAt": moment(promise.broken_at),
                "keptAt": moment(promise.kept_at),
                "endedAt": moment(promise.ended_at),
            }
            for promise in one.promises
        ],
    }


def _brief(somebody: Somebody | None) -> dict[str, Any] | None:
    if somebody is None:
        return None
    return {"id": f"user_{somebody.id}", "email": somebody.address or None, "name": somebody.name}


def _user(somebody: Somebody) -> dict[str, Any]:
    return {
        "id": f"user_{somebody.id}",
        "email": somebody.address or None,
        "name": somebody.name,
        "phone": somebody.phone,
        "organisation": somebody.organisation,
    }


def message(one: Said, number: int, *, whole: bool) -> dict[str, Any]:
    """A message, under the number by which it was asked for."""
    told: dict[str, Any] = {
        "id": f"message_{one.id}",
        "ticketId": f"ticket_{number}",
        "kind": one.kind,
        "state": one.state,
        "subject": one.subject,
        "body": one.words,
        "language": one.language,
        "author": _author(one, whole=whole),
        "createdAt": moment(one.at),
        "receivedAt": moment(one.received_at),
        "attachments": [file(each, number) for each in one.files],
    }
    return told | {"channel": one.channel, "because": one.because, "evidence": one.evidence} if whole else told


def _author(one: Said, *, whole: bool) -> dict[str, Any] | None:
    """Who wrote it; customers know agents, and each other, by their names alone."""
    told = _brief(one.author)
    return {**told, "email": None} if told is not None and not whole else told


def file(one: File, number: int) -> dict[str, Any]:
    """An attachment, and where its bytes are."""
    name = f"attachment_{one.message}-{one.part}"
    return {
        "id": name,
        "messageId": f"message_{one.message}",
        "name": one.name,
        "contentType": one.content_type,
        "size": one.size,
        "sha256": one.sha256,
        "inline": one.inline,
        "href": f"{PATH}/ticket_{number}/attachments/{name}",
    }


def event(one: Happened, number: int, *, whole: bool) -> dict[str, Any]:
    """An event, under the number by which it was asked for: ids, never words."""
    told: dict[str, Any] = {
        "id": f"event_{one.id}",
        "ticketId": f"ticket_{number}",
        "kind": one.kind,
        "at": moment(one.at),
        "recordedAt": moment(one.recorded_at),
        "messageId": f"message_{one.message}" if one.message is not None else None,
    }
    if not whole:
        changed = {key: one.data[key] for key in ("from", "to", "positive") if key in one.data}
        return told | {"data": changed}
    actor = f"user_{one.actor}" if one.actor is not None else None
    return told | {"actor": actor, "because": one.because, "data": one.data}


def card(one: Contact) -> dict[str, Any]:
    """Somebody's card, with their tickets."""
    return listed_card(one) | {"tickets": [f"ticket_{number}" for number in one.tickets]}


def listed_card(one: Contact) -> dict[str, Any]:
    """Somebody's card as a list has it."""
    return {
        "id": f"user_{one.id}",
        "name": one.name,
        "email": one.addresses[0] if one.addresses else None,
        "emails": [{"email": address, "proved": address in one.proved} for address in one.addresses],
        "phone": one.phone,
        "organisation": one.organisation,
        "remark": one.remark,
        "language": one.language,
        "createdAt": moment(one.created_at),
    }
